"""Run cells: how a net is to be trained, a race, and a run of the store, as HTML and in words."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from resnet_viz.arch.field_words import text_of
from resnet_viz.arch.paper_names import paper_name
from resnet_viz.arch.plan import plan
from resnet_viz.experiments.race_spec import RaceSpec
from resnet_viz.experiments.run_spec import SETTINGS, RunSpec
from resnet_viz.notebook.net_cells import html_table
from resnet_viz.store.run import Run
from resnet_viz.text import count


def of(value: object) -> tuple[str, str]:
    """The HTML and the text of a spec or a run.

    Raises:
        TypeError: for anything else.
    """
    if isinstance(value, RunSpec):
        return _spec_html(value), _spec_text(value)
    if isinstance(value, RaceSpec):
        return _race_html(value), _race_text(value)
    if isinstance(value, Run):
        return _run_html(value), _run_text(value)
    raise TypeError(f"{type(value).__name__} has no picture")


def _spec_text(spec: RunSpec) -> str:
    return (
        f"{paper_name(spec.display_name)} on {spec.dataset}: {count(spec.steps, 'step')}, "
        f"{spec.optimizer}, learning rate {spec.lr:g}, batches of {spec.batch_size}, "
        f"seed {spec.seed}"
    )


def _spec_html(spec: RunSpec) -> str:
    rows = [(words, value) for words, value in _settings(spec)]
    rows.insert(0, ("parameters", f"{plan(spec.adapted).params:,}"))
    return f"<p>{escape(_spec_text(spec))}</p>{html_table(('setting', 'value'), rows)}"


def _settings(spec: RunSpec) -> Sequence[tuple[str, str]]:
    """The settings that are on, in words."""
    values = {name: getattr(spec, name) for name in SETTINGS}
    return [
        (SETTINGS[name].about.words, "yes" if value is True else text_of(name, value))
        for name, value in values.items()
        if value not in (None, False, "none", (), 0)
    ]


def _race_text(spec: RaceSpec) -> str:
    names = " against ".join(paper_name(one.display_name) for one in spec.contestants)
    return f"{names}, {count(len(spec.seeds), 'seed')}, {count(len(spec.runs()), 'run')}"


def _race_html(spec: RaceSpec) -> str:
    rows = [
        (
            paper_name(one.display_name),
            f"{plan(one.adapted).params:,}",
            one.dataset,
            f"{one.steps:,}",
            f"{one.lr:g}",
        )
        for one in spec.contestants
    ]
    heads = ("network", "parameters", "data", "steps", "learning rate")
    return f"<p>{escape(_race_text(spec))}</p>{html_table(heads, rows)}"


def _run_text(run: Run) -> str:
    of = f" of {run.steps:,}" if run.steps else ""
    why = f" ({run.message})" if run.message else ""
    return f"{paper_name(run.name)}: {run.status} at step {run.steps_done:,}{of}{why}"


def _run_html(run: Run) -> str:
    rows = [
        ("parameters", f"{run.params:,}" if run.params else ""),
        ("seed", run.seed),
        ("device", run.device),
        ("run", run.id),
        ("race", run.race_id or ""),
    ]
    table = html_table(("", ""), [row for row in rows if row[1] != ""])
    return f"<p>{escape(_run_text(run))}</p>{table}"
