"""RunSpec: one net, its data, optimiser and schedule; no torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import label
from resnet_viz.data.adapt import adapt
from resnet_viz.data.dataset import Augment, suitable_batch
from resnet_viz.data.registry import dataset_info
from resnet_viz.experiments.spec_rules import violations
from resnet_viz.quantities import held_by
from resnet_viz.quantities.every import Every, weights_every
from resnet_viz.quantities.quantity import Along

RULES = 1
"""The number of the rules by which a spec is valid. Raise it by one with each change, here, in
spec_rules.py, arch/rules.py or data/adapt.py, that allows or forbids another combination of values:
what was found valid in a store by the rules before is then checked anew."""
DEFAULT_BATCH = 64
STORED = "stored"
"""The context in which a spec is read that was written down: no folder is looked at for it."""
_DEVICE = re.compile(r"auto|cpu|mps|cuda(:(0|[1-9][0-9]{0,2}))?")

Fraction = Annotated[float, Field(strict=True, ge=0, le=1)]
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000_000)]
Step = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Seed = Annotated[int, Field(strict=True, ge=0, lt=2**32)]
Flag = Annotated[bool, Field(strict=True)]
Schedule = Literal["constant", "cosine", "step"]
Precision = Literal["float32", "tf32", "bfloat16", "float16"]


class RunSpec(BaseModel):
    """One training run. Frozen and hashable; the defaults are those of the Race page.

    `dataset` is a name, or "folder:/path" for a folder of images, a sub-folder a class; `classes`
    is then how many it has (counted when the spec is made, so that the run can be read where the
    folder is not), else None. `subset` is how many of the training images are used. `batch_size`
    is 64 where none is given, and smaller for a folder of few images. `augment`
    "crop_flip" crops each image at random out of a frame and mirrors half of them.

    `lr` is reached linearly over the first `warmup_steps` steps. `schedule` says what it does
    then: "constant"; "cosine", half a wave down to 0 at the last step; "step", times `step_gamma`
    at each of `step_milestones` (none given: at half and three quarters of the steps, as in He et
    al. 2015, 4.2).

    `momentum` and `nesterov` are for "sgd" alone. `clip_grad_norm` is the most that the norm of
    all gradients together may be in an update; records hold the gradients before that. `loss` in
    the records is the one trained with, `label_smoothing` included.

    `image_size` (pixels a side) is the data's own where it is None. `precision` "bfloat16" and
    "float16" are autocast: weights and their gradients stay float32; "float16" also scales the
    loss. "tf32" lets CUDA round float32 products. `compile` is torch.compile.
    `activation_checkpointing` keeps fewer activations and runs the forward pass once more instead:
    the same numbers in less memory and about a third more time.

    Loss and accuracy on held-out images are taken each `evaluate_every` steps (0: never), and what
    needs activations each `measure_every` steps; where a net has many weights, what is made of
    them and of their updates each `weights_every` steps, which is no field: it follows from net and
    batch size. The weights are kept after each number of steps
    in `checkpoints`, after each `checkpoint_every` steps (0: never), and the last ones anyway where
    they are small (store/checkpoint_index.py says more).

    Raises:
        ValueError: for any invalid value or combination. One that validates can run, once its data
            set is there (`check_there`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    config: ResNetConfig
    name: Annotated[str, Field(max_length=200)] = ""
    dataset: Annotated[str, Field(max_length=4200)] = "digits"
    classes: Annotated[int, Field(strict=True, ge=1, le=65_536)] | None = None
    subset: Count | None = None
    augment: Augment = "none"
    steps: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = 60
    batch_size: Annotated[int, Field(strict=True, ge=1, le=65_536)] = DEFAULT_BATCH
    optimizer: Literal["sgd", "adam", "adamw"] = "sgd"
    lr: Annotated[float, Field(strict=True, ge=0, le=1e6)] = 0.01
    momentum: Annotated[float, Field(strict=True, ge=0, lt=1)] = 0.9
    nesterov: Flag = False
    weight_decay: Fraction = 1e-4
    warmup_steps: Step = 0
    schedule: Schedule = "constant"
    step_milestones: Annotated[tuple[Step, ...], Field(max_length=100)] = ()
    step_gamma: Fraction = 0.1
    label_smoothing: Annotated[float, Field(strict=True, ge=0, lt=1)] = 0.0
    clip_grad_norm: Annotated[float, Field(strict=True, gt=0, le=1e6)] | None = None
    image_size: Annotated[int, Field(strict=True, ge=1, le=16_384)] | None = None
    seed: Seed = 0
    device: str = "auto"
    precision: Precision = "float32"
    compile: Flag = False
    activation_checkpointing: Flag = False
    evaluate_every: Step = 0
    measure_every: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = 20
    checkpoints: Annotated[tuple[Step, ...], Field(max_length=100)] = ()
    checkpoint_every: Step = 0

    @property
    def adapted(self) -> ResNetConfig:
        """The config that is trained: `config` with the data's channels, classes and size."""
        return _adapted(self.config, self.dataset, self.image_size, self.classes)

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The weighted layers in forward order."""
        return tuple(layer.name for layer in plan(self.adapted).weighted_layers)

    def check_there(self) -> None:
        """ValueError, saying what to do, where the images of `dataset` are not on this computer,
        or have other classes by now.
        """
        dataset = dataset_info(self.dataset)
        dataset.check_there()
        if self.classes is not None and self.classes != (now := dataset.count_classes()):
            raise ValueError(
                f"classes = {self.classes}, but dataset = '{self.dataset}' has {now}; give {now}, "
                "or nothing"
            )

    def check_images(self) -> None:
        """ValueError where too few of the images can be read, or none of a class."""
        dataset = dataset_info(self.dataset)
        dataset.check_images(self.adapted.image_size, self.batch_size, self.subset)

    @property
    def weights_every(self) -> int:
        """Steps from one look at the weights to the next (quantities/every.py says why)."""
        net = plan(self.adapted)
        return weights_every(net.params, self.batch_size * net.macs)

    @property
    def quantities(self) -> Mapping[str, Along]:
        """What the run measures, the names along each in forward order, and how often."""
        every = Every(self.measure_every, self.weights_every, self.evaluate_every)
        return held_by(plan(self.adapted), evaluated=self.evaluate_every > 0, every=every)

    @property
    def recipe(self) -> Mapping[str, object]:
        """How it trains, whichever net from whichever seed: equal where nets can be compared."""
        return self.model_dump(exclude=_NOT_RECIPE)

    @property
    def display_name(self) -> str:
        """`name`, or the config's label where none was given."""
        return self.name or label(self.config)

    @field_validator("device")
    @classmethod
    def _check_device(cls, device: str) -> str:
        check_device_name(device)
        return device

    @model_validator(mode="before")
    @classmethod
    def _count_classes(cls, fields: Any, info: ValidationInfo) -> Any:
        """A folder is looked at when a spec is made of it, and not when the spec is read again."""
        name = fields.get("dataset") if isinstance(fields, Mapping) else None
        if not isinstance(name, str):
            return fields
        dataset = dataset_info(name)
        if dataset.classes is not None or fields.get("classes") is not None:
            return fields
        if info.context == STORED:
            raise ValueError(f"dataset = '{dataset.name}' needs classes: how many it has")
        made = {**fields, "classes": dataset.count_classes()}
        if made.get("batch_size") is None:
            count = min(dataset.count_training() or 0, fields.get("subset") or DEFAULT_BATCH)
            made["batch_size"] = suitable_batch(count, DEFAULT_BATCH)
        return made

    @field_validator("dataset")
    @classmethod
    def _check_dataset(cls, dataset: str) -> str:
        return dataset_info(dataset).name

    @field_validator("classes")
    @classmethod
    def _check_classes(cls, classes: int | None, info: ValidationInfo) -> int | None:
        own = dataset_info(info.data["dataset"]).classes if "dataset" in info.data else None
        if own is not None and classes not in (None, own):
            raise ValueError(f"dataset = '{info.data['dataset']}' has {own}")
        return classes if own is None else None

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_batch_size(self.adapted, self.batch_size)
        for sentence in violations(self):
            raise ValueError(sentence)
        if self.device != "auto":
            check_precision(self.precision, self.device.partition(":")[0])
        return self


_NOT_RECIPE = {
    *("config", "name", "seed", "device", "compile", "activation_checkpointing"),
    *("evaluate_every", "measure_every", "checkpoints", "checkpoint_every"),
}


@lru_cache(maxsize=256)
def _adapted(
    config: ResNetConfig, dataset: str, image_size: int | None, classes: int | None
) -> ResNetConfig:
    return adapt(config, dataset, image_size, classes)


def check_device_name(device: str) -> None:
    """ValueError unless `device` is a name that could exist: auto, cpu, mps, cuda or cuda:N."""
    if not _DEVICE.fullmatch(device):
        raise ValueError("allowed are 'auto', 'cpu', 'mps', 'cuda' and 'cuda:N' such as 'cuda:0'")


def check_precision(precision: str, device: str) -> None:
    """ValueError where devices of the kind `device` ("cpu", "cuda", "mps") lack `precision`."""
    if precision == "tf32" and device != "cuda":
        raise ValueError(
            f"precision = 'tf32' is for CUDA devices alone, and the device is '{device}'; allowed "
            "there: 'float32', 'bfloat16' or 'float16'"
        )


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
