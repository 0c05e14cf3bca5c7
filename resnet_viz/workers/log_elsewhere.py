"""Records of a watched run, logged to wandb or trackio as well."""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import StepRecord

LOGGERS = ("wandb", "trackio")


def logger(name: str) -> Any:
    """The library `name`, which has `log`; None for no name.

    Raises:
        ValueError: for another name, or a library that is not installed.
    """
    if not name:
        return None
    if name not in LOGGERS:
        raise ValueError(f"log_to = {name!r} is not allowed; allowed: {', '.join(LOGGERS)}")
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise ValueError(
            f"log_to = {name!r} needs {name}, which is not installed: pip install {name}"
        ) from error


def scalars(record: StepRecord, held: Mapping[str, Along]) -> dict[str, float]:
    """A step as numbers by name: the loss, and each quantity by layer or block. What is not
    measured at this step is left out."""
    numbers = {"loss": float(record.loss), "accuracy": float(record.accuracy)}
    for name, values in record.values.items():
        names = held[name].names if name in held else ()
        for of, value in zip(names, values.tolist(), strict=False):
            numbers[f"{name}/{of}"] = float(value)
    return {name: value for name, value in numbers.items() if not math.isnan(value)}
