"""Cost of a sweep before it is started: runs, time and room on disk."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler.eta import about
from resnet_viz.scheduler.sweeps.expectation import Expected
from resnet_viz.text import byte_size, count

_KEPT_SECONDS = 20


def expected(lab: Lab, spec: SweepSpec) -> Expected:
    """What a sweep is expected to take, looked up at most every twenty seconds."""
    return _expected(lab, spec, lab.home, spec.model_dump_json())


@st.cache_data(show_spinner=False, ttl=_KEPT_SECONDS, max_entries=32)
def _expected(_lab: Lab, _spec: SweepSpec, home: Path, text: str) -> Expected:
    return _lab.expected_sweep(_spec)


def cost(of: Expected) -> str:
    """How many runs, how long here and how many bytes: "60 runs, about 12 min here, 5 MB"."""
    runs = of.cells - len(of.refused)
    if of.done == runs:
        return f"{count(runs, 'run')}, all trained here already"
    parts = [count(runs, "run"), f"{about(of.seconds)} here", f"{byte_size(of.bytes)} on disk"]
    if not of.is_measured:
        parts[1] += " (a guess before the first run)"
    if of.done:
        parts.append(f"{of.done:,} trained already")
    return ", ".join(parts)
