"""See how residual networks work: any ResNet, what it is, and a race against its plain twin.

Importing this package loads neither torch nor streamlit; a name is loaded when it is first used
(PEP 562), so only those that compute with torch pay for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from resnet_viz.extras import missing

if TYPE_CHECKING:
    from resnet_viz.arch.config import ResNetConfig, plain_twin
    from resnet_viz.arch.plan import plan
    from resnet_viz.arch.presets import PRESETS, label, preset
    from resnet_viz.experiments.race_spec import RaceSpec
    from resnet_viz.experiments.run_spec import RunSpec
    from resnet_viz.experiments.sweep_spec import SweepSpec
    from resnet_viz.lab.lab import Lab
    from resnet_viz.nets.network import build_resnet
    from resnet_viz.nets.weights import load_torchvision, load_weights, save_weights
    from resnet_viz.notebook.show import compare, show
    from resnet_viz.traced.module_graph import graph
    from resnet_viz.traced.plain import without_shortcuts
    from resnet_viz.training.loop import train
    from resnet_viz.views.graph.graph import shortcut_graph
    from resnet_viz.views.poster.poster import block_poster, poster
    from resnet_viz.views.source.source import to_source
    from resnet_viz.views.summary import summarize

__version__ = "0.2.0"

__all__ = [
    "PRESETS",
    "Lab",
    "RaceSpec",
    "ResNetConfig",
    "RunSpec",
    "SweepSpec",
    "block_poster",
    "build_resnet",
    "compare",
    "graph",
    "label",
    "load_torchvision",
    "load_weights",
    "plain_twin",
    "plan",
    "poster",
    "preset",
    "save_weights",
    "shortcut_graph",
    "show",
    "summarize",
    "to_source",
    "train",
    "without_shortcuts",
]

_HOMES: Mapping[str, str] = MappingProxyType(
    {
        "PRESETS": "arch.presets",
        "Lab": "lab.lab",
        "RaceSpec": "experiments.race_spec",
        "ResNetConfig": "arch.config",
        "RunSpec": "experiments.run_spec",
        "SweepSpec": "experiments.sweep_spec",
        "block_poster": "views.poster.poster",
        "build_resnet": "nets.network",
        "compare": "notebook.show",
        "graph": "traced.module_graph",
        "label": "arch.presets",
        "load_torchvision": "nets.weights",
        "load_weights": "nets.weights",
        "plain_twin": "arch.config",
        "plan": "arch.plan",
        "poster": "views.poster.poster",
        "preset": "arch.presets",
        "save_weights": "nets.weights",
        "shortcut_graph": "views.graph.graph",
        "show": "notebook.show",
        "summarize": "views.summary",
        "to_source": "views.source.source",
        "train": "training.loop",
        "without_shortcuts": "traced.plain",
    }
)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        home = import_module(f"{__name__}.{_HOMES[name]}")
    except ModuleNotFoundError as error:
        raise missing(f"{__name__}.{name}", error) from error
    value: object = getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
