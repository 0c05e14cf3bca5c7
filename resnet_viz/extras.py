"""Extras: which installation option brings a library that is missing."""

from __future__ import annotations

from collections.abc import Mapping

_CLI, _TRAIN, _APP, _EXPORT, _NOTEBOOK = "cli", "train", "app", "export", "notebook"
_CLUSTER, _FILM = "cluster", "film"
EXTRAS: Mapping[str, str] = {
    "typer": _CLI,
    "rich": _CLI,
    "numpy": _TRAIN,
    "torch": _TRAIN,
    "torchvision": _TRAIN,
    "torchinfo": _TRAIN,
    "psutil": _TRAIN,
    "safetensors": _TRAIN,
    "platformdirs": _TRAIN,
    "graphviz": _APP,
    "jinja2": _APP,
    "plotly": _APP,
    "segno": _APP,
    "streamlit": _APP,
    "typst": _EXPORT,
    "onnx": _EXPORT,
    "onnxscript": _EXPORT,
    "onnxruntime": _EXPORT,
    "anywidget": _NOTEBOOK,
    "traitlets": _NOTEBOOK,
    "ray": _CLUSTER,
    "PIL": _FILM,
    "av": _FILM,
    "playwright": _FILM,
}
"""A library's module: the extra of pyproject.toml that it is in."""


def missing(what: str, error: ModuleNotFoundError) -> ModuleNotFoundError:
    """The error to raise where `what` needs a library that is not installed: one sentence that says
    which extra brings it; `error` itself where no extra does."""
    module = (error.name or "").partition(".")[0]
    if module not in EXTRAS:
        return error
    return ModuleNotFoundError(
        f"{what} needs {module}, which is not installed: "
        f'pip install "resnet-viz[{EXTRAS[module]}]"',
        name=error.name,
    )
