"""Memory tab: what a training step keeps, and whether it fits on a device; no torch."""

from __future__ import annotations

from typing import Any, NamedTuple, get_args

import streamlit as st

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.memory import Precision, largest_batch, training_memory
from resnet_viz.arch.plan import plan
from resnet_viz.figures.memory_chart import memory_bars
from resnet_viz.scheduler.memory_fit import PROCESS_BYTES
from resnet_viz.text import byte_size
from resnet_viz.ui.components.charts.live_chart import live_chart
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.device_choice import device_box, free_memory
from resnet_viz.ui.widgets.page_texts import note

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD with momentum": {"optimizer": "sgd", "momentum": 0.9},
    "SGD": {"optimizer": "sgd", "momentum": 0.0},
    "Adam": {"optimizer": "adam", "momentum": 0.0},
    "AdamW": {"optimizer": "adamw", "momentum": 0.0},
}


class _Choice(NamedTuple):
    """The chosen training settings and device; `training` as `training_memory` takes them."""

    batch: int
    training: dict[str, Any]
    checkpointing: bool
    device: str


def memory_panel(config: ResNetConfig) -> None:
    """Draw the controls, the verdict for the chosen device, and the parts as stacked bars."""
    choice = _controls()
    _verdict(config, choice)
    memories = {
        name: training_memory(plan(config), choice.batch, **choice.training, checkpointing=is_on)
        for name, is_on in (("as it is", False), ("with checkpointing", True))
    }
    totals = " and ".join(
        f"{byte_size(memory.total + PROCESS_BYTES)} {name}" for name, memory in memories.items()
    )
    live_chart(
        memory_bars(memories, PROCESS_BYTES),
        "memory_bars",
        300,
        alt=f"Bars of the memory that training takes: {totals}",
    )
    note(
        "Activations are what the backward pass needs of the forward pass; they grow with the "
        "batch, the other parts do not. Activation checkpointing keeps them at a few places only "
        "and computes the rest once more: less memory, one more forward pass (Chen et al. 2016). "
        "The probes are two copies of the weights, by which a race measures their updates."
    )


def _controls() -> _Choice:
    batch, optimizer, precision, device, saving = st.columns(
        [3, 5, 3, 5, 5], vertical_alignment="bottom"
    )
    with device:
        place = device_box("memory_device")
    images = int(batch.number_input("Batch size", 1, 65_536, 64, key="memory_batch"))
    name = optimizer.selectbox("Optimiser", list(OPTIMIZERS), key="memory_optimizer")
    kind = precision.selectbox(
        "Precision",
        get_args(Precision),
        key="memory_precision",
        help="bfloat16 is autocast: activations take half, weights and gradients stay float32.",
    )
    checkpointing = saving.toggle("Activation checkpointing", key="memory_checkpointing")
    training = {**OPTIMIZERS[name], "precision": kind}
    return _Choice(images, training, checkpointing, place)


def _verdict(config: ResNetConfig, choice: _Choice) -> None:
    """What is needed, what is free, whether that fits, and the largest batch that does."""
    training = choice.training | {"checkpointing": choice.checkpointing}
    needs = training_memory(plan(config), choice.batch, **training).total + PROCESS_BYTES
    text = (
        f"One training run needs about **{byte_size(needs)}**, of which {byte_size(PROCESS_BYTES)} "
        "are PyTorch itself"
    )
    free = free_memory(choice.device)
    if free is None:
        message_box.info(f"{text}; how much is free on this device is not known.", markdown=True)
        return
    largest = largest_batch(plan(config), free - PROCESS_BYTES, **training)
    batch = (
        f"the largest batch that fits is **{largest:,}**" if largest else "nor does a batch of 1"
    )
    show = message_box.success if needs <= free else message_box.error
    verdict = "it fits" if needs <= free else "it does not fit"
    show(f"{text}; {byte_size(free)} are free: {verdict}; {batch}.", markdown=True)
