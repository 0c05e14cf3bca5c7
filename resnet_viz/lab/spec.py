"""RunSpec: one net, its data, optimiser and schedule; no torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import label
from resnet_viz.lab.datasets import adapt, dataset_info
from resnet_viz.lab.quantities import held_by
from resnet_viz.lab.quantities.quantity import Along

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:(0|[1-9][0-9]{0,2}))?")

Fraction = Annotated[float, Field(strict=True, ge=0, le=1)]


class RunSpec(BaseModel):
    """One training run. Frozen and hashable; the defaults are those of the Race page.

    `lr` is reached linearly over the first `warmup_steps` steps and constant afterwards.
    `momentum` is for "sgd" alone. `image_size` (pixels a side) is the data's own where it is None.
    `precision` "bfloat16" is autocast: weights and their gradients stay float32.
    `activation_checkpointing` keeps fewer activations and runs the forward pass once more instead:
    the same numbers in less memory and about a third more time.

    Raises:
        ValueError: for any invalid value or combination; a spec that validates can run.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    config: ResNetConfig
    name: Annotated[str, Field(max_length=200)] = ""
    dataset: str = "digits"
    steps: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = 60
    batch_size: Annotated[int, Field(strict=True, ge=1, le=65_536)] = 64
    optimizer: Literal["sgd", "adam", "adamw"] = "sgd"
    lr: Annotated[float, Field(strict=True, ge=0, le=1e6)] = 0.01
    momentum: Annotated[float, Field(strict=True, ge=0, lt=1)] = 0.9
    weight_decay: Fraction = 1e-4
    warmup_steps: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = 0
    image_size: Annotated[int, Field(strict=True, ge=1, le=16_384)] | None = None
    seed: Annotated[int, Field(strict=True, ge=0, lt=2**32)] = 0
    device: str = "auto"
    precision: Literal["float32", "bfloat16"] = "float32"
    activation_checkpointing: Annotated[bool, Field(strict=True)] = False

    @property
    def adapted(self) -> ResNetConfig:
        """The config that is trained: `config` with the data's channels, classes and size."""
        return _adapted(self.config, self.dataset, self.image_size)

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The weighted layers in forward order."""
        return tuple(layer.name for layer in plan(self.adapted).weighted_layers)

    @property
    def quantities(self) -> Mapping[str, Along]:
        """What the run measures, and the names along each: layers or blocks in forward order."""
        return held_by(plan(self.adapted), evaluated=False)

    @property
    def display_name(self) -> str:
        """`name`, or the config's label where none was given."""
        return self.name or label(self.config)

    @field_validator("device")
    @classmethod
    def _check_device(cls, device: str) -> str:
        check_device_name(device)
        return device

    @field_validator("dataset")
    @classmethod
    def _check_dataset(cls, dataset: str) -> str:
        dataset_info(dataset)
        return dataset

    @model_validator(mode="after")
    def _check(self) -> Self:
        images = dataset_info(self.dataset).images
        if self.batch_size > images:
            raise ValueError(
                f"batch_size = {self.batch_size} is more than the {images} images of "
                f"dataset = '{self.dataset}'; at most {images} are allowed"
            )
        check_batch_size(self.adapted, self.batch_size)
        return self


@lru_cache(maxsize=256)
def _adapted(config: ResNetConfig, dataset: str, image_size: int | None) -> ResNetConfig:
    return adapt(config, dataset, image_size)


def check_device_name(device: str) -> None:
    """ValueError unless `device` is a name that could exist: auto, cpu, mps, cuda or cuda:N."""
    if not _DEVICE.fullmatch(device):
        raise ValueError("allowed are 'auto', 'cpu', 'mps', 'cuda' and 'cuda:N' such as 'cuda:0'")


def check_batch_size(config: ResNetConfig, batch_size: int) -> None:
    """ValueError where PyTorch would refuse a norm that has a single value to normalise by.

    That is one image on 1x1 maps: for batch norm a value a channel, for group norm a value a
    group where a group is one channel (torch.nn.functional.group_norm, _verify_batch_size).
    """
    if batch_size < 1:
        raise ValueError(f"batch_size = {batch_size} is not allowed; it is at least 1")
    if batch_size > 1 or config.norm == "none":
        return
    for operation in plan(config).operations:
        channels, *pixels = operation.out_shape
        group = channels // operation.groups if config.norm == "group" else 1
        if operation.kind == "norm" and pixels == [1, 1] and group == 1:
            values = "batch norm one value a channel"
            if config.norm == "group":
                values = f"group norm one value a group ({channels} channels, as many groups)"
            raise ValueError(
                f"batch_size = 1 leaves {values}, since this net has 1x1 maps at image_size = "
                f"{config.image_size}; allowed: at least 2, or a larger image_size"
            )
