"""The settings of a race that most leave alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import streamlit as st

from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.ui.pages.race.settings.field_widgets import number, select


def more_settings() -> dict[str, Any]:
    """Those that most races leave alone, by what they are about, in two columns."""
    fields: dict[str, Any] = {}
    for column, groups in zip(st.columns(2, gap="medium"), _MORE, strict=True):
        with column:
            for title, group in groups.items():
                st.markdown(f"**{title}**")
                for setting in group:
                    fields[setting.field] = setting.draw()
    return fields


@dataclass(frozen=True)
class _Number:
    """`is_optional`: empty stands for None."""

    field: str
    title: str
    step: float
    form: str
    help: str = ""
    is_optional: bool = False

    def draw(self) -> float | None:
        if not self.is_optional:
            return number(self.title, self.field, self.step, self.form, self.help)
        given: float | None = st.number_input(
            self.title,
            value=None,
            step=self.step,
            format=self.form,
            help=self.help,
            placeholder="none" if self.field == "clip_grad_norm" else "all",
            key=f"race_{self.field}",
            persist_state="session",
        )
        return given


@dataclass(frozen=True)
class _Choice:
    field: str
    title: str
    help: str = ""

    def draw(self) -> str:
        field = RunSpec.model_fields[self.field]
        options = list(get_args(field.annotation))
        return select(self.title, options, self.field, field.default, help=self.help)


@dataclass(frozen=True)
class _Switch:
    field: str
    title: str
    help: str = ""

    def draw(self) -> bool:
        key = f"race_{self.field}"
        return st.checkbox(self.title, help=self.help, key=key, persist_state="session")


_MORE: Sequence[Mapping[str, Sequence[_Number | _Choice | _Switch]]] = (
    {
        "Optimiser": (
            _Choice("optimizer", "Optimiser"),
            _Number("momentum", "Momentum", 0.05, "%g", "Of sgd."),
            _Switch("nesterov", "Nesterov's momentum", "Of sgd, with a momentum above 0."),
            _Number("weight_decay", "Weight decay", 0.0001, "%g", "On every parameter."),
            _Number(
                "clip_grad_norm",
                "Clip gradients at norm",
                0.5,
                "%g",
                "The most that the norm of all gradients together may be in an update. The "
                "pictures show the gradients before that.",
                is_optional=True,
            ),
        ),
        "Learning rate": (
            _Number("warmup_steps", "Warm-up steps", 5, "%d", "It grows linearly over them."),
            _Choice(
                "schedule",
                "Schedule",
                "After the warm-up: constant; cosine, half a wave down to 0; step, multiplied at "
                "half and at three quarters of the steps (He et al. 2015, 4.2).",
            ),
            _Number("step_gamma", "Step factor", 0.1, "%g", "What schedule step multiplies by."),
        ),
    },
    {
        "Data": (
            _Number("subset", "Training images", 100, "%d", "Only so many.", is_optional=True),
            _Choice(
                "augment",
                "Augmentation",
                "crop_flip: each image is cropped at random out of a frame of an eighth of its "
                "side, and half of them are mirrored. Mirrored digits are other signs.",
            ),
            _Number("label_smoothing", "Label smoothing", 0.05, "%g", "From 0 to below 1."),
        ),
        "Computing": (
            _Choice(
                "precision",
                "Precision",
                "bfloat16 and float16 are autocast; tf32 is for CUDA; float16 is slow on a CPU.",
            ),
            _Switch("compile", "Compile", "torch.compile: the first step takes a minute or so."),
            _Switch(
                "activation_checkpointing",
                "Activation checkpointing",
                "Keep fewer activations and compute them once more: the same numbers in less "
                "memory, and about a third more time.",
            ),
        ),
        "Measuring": (
            _Number(
                "evaluate_every",
                "Steps between evaluations",
                5,
                "%d",
                "Loss and accuracy on at most 1,000 images that training never sees; 0: never.",
            ),
            _Number(
                "measure_every",
                "Steps between measurements",
                5,
                "%d",
                "Of what needs activations; gradients and weights are measured at each step.",
            ),
            _Number(
                "checkpoint_every",
                "Steps between kept weights",
                5,
                "%d",
                "For the Diagnosis below the race: it measures the weights that were kept. 0: the "
                "last alone, beside the initial ones.",
            ),
        ),
    },
)
