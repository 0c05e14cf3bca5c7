"""What a run's worker somewhere in a cluster and the writer beside the store tell each other."""

from __future__ import annotations

from importlib import metadata
from platform import python_version
from typing import NamedTuple

from resnet_viz import __version__
from resnet_viz.experiments.run_spec import RULES

HOST = "ray"
"""The host of the runs that a cluster carries out."""


class Begun(NamedTuple):
    """An attempt at a run; `state` is what it goes on from, as a file's content."""

    attempt: int
    spec: str
    recorded: int
    ends_early: bool
    state_step: int | None
    state: bytes | None


class Orders(NamedTuple):
    """What the worker is to do: the step that it asked for, those after it without asking again,
    at most one each `interval` seconds; or give up its process, or end."""

    may_step: bool = False
    goes_on: bool = False
    interval: float = 0.0
    is_to_rest: bool = False
    is_stopped: bool = False


def program() -> dict[str, str]:
    """What has to be the same on all machines for the same run to give the same records."""
    versions = {name: metadata.version(name) for name in ("torch", "numpy")}
    python = ".".join(python_version().split(".")[:2])
    return {"resnet_viz": __version__, "rules": str(RULES), "Python": python, **versions}


def why_refused(mine: dict[str, str], theirs: dict[str, str], node: str) -> str:
    """The sentence on a machine with other versions; "" if they are the same."""
    others = [name for name in mine if theirs.get(name) != mine[name]]
    if not others:
        return ""
    here = ", ".join(f"{name} {mine[name]}" for name in others)
    there = ", ".join(f"{name} {theirs.get(name, 'of another version')}" for name in others)
    return (
        f"The cluster's machine {node} has {there}, but this one has {here}. Install the same "
        "versions on both."
    )
