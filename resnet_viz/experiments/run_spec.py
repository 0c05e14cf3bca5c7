"""RunSpec: one net, its data, optimiser and schedule; no torch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.fields import ImageSize
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import label
from resnet_viz.cells import ShownInCells
from resnet_viz.data.adapt import adapt
from resnet_viz.data.dataset import suitable_batch
from resnet_viz.data.registry import dataset_info
from resnet_viz.experiments import run_fields as fields
from resnet_viz.experiments import spec_rules
from resnet_viz.experiments.setting import settings_of
from resnet_viz.quantities import held_by
from resnet_viz.quantities.every import Every, flows_every, weights_every
from resnet_viz.quantities.quantity import Along

RULES = 2
"""The number of the rules by which a spec is valid. Raise it by one with each change, here, in
spec_rules.py, arch/rules.py or data/adapt.py, that allows or forbids another combination of values:
what was found valid in a store by the rules before is then checked anew."""
DEFAULT_BATCH = 64
STORED = "stored"
"""The context in which a spec is read that was written down: no folder is looked at for it."""


class RunSpec(ShownInCells, BaseModel):
    """One training run. Frozen and hashable; the defaults are those of the Race page.

    run_fields.py describes each field; the command line, the form and the report read it there.
    `classes` is counted when the spec is made, so that the run can be read without the folder of
    images. `loss` in the records is the training loss with `label_smoothing`, and gradients are
    those before `clip_grad_norm`. "bfloat16" and "float16" use autocast: weights and their
    gradients stay float32, and "float16" also scales the loss. The last weights are always kept
    if they are small (store/checkpoint_index.py says more).

    Raises:
        ValueError: for any invalid value or combination. One that validates can run, once its data
            set is there (`check_there`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    config: ResNetConfig
    name: Annotated[str, Field(max_length=200)] = ""
    dataset: fields.Dataset = "digits"
    classes: fields.Classes = None
    subset: fields.Subset = None
    augment: fields.Augmentation = "none"
    steps: fields.Steps = 60
    batch_size: fields.BatchSize = DEFAULT_BATCH
    optimizer: fields.Optimizer = "sgd"
    lr: fields.LearningRate = 0.01
    momentum: fields.Momentum = 0.9
    nesterov: fields.Nesterov = False
    weight_decay: fields.WeightDecay = 1e-4
    warmup_steps: fields.WarmupSteps = 0
    schedule: fields.Schedule = "constant"
    step_milestones: fields.StepMilestones = ()
    step_gamma: fields.StepGamma = 0.1
    label_smoothing: fields.LabelSmoothing = 0.0
    clip_grad_norm: fields.ClipGradNorm = None
    image_size: fields.ImageSize = None
    seed: fields.Seed = 0
    device: fields.Device = "auto"
    precision: fields.Precision = "float32"
    compile: fields.Compile = False
    activation_checkpointing: fields.ActivationCheckpointing = False
    evaluate_every: fields.EvaluateEvery = 0
    measure_every: fields.MeasureEvery = 20
    checkpoints: fields.Checkpoints = ()
    checkpoint_every: fields.CheckpointEvery = 0

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
    def flows_every(self) -> int:
        """Steps from one look at the gradient's way through shortcut and branch to the next."""
        return flows_every(self.steps, self.measure_every)

    @property
    def quantities(self) -> Mapping[str, Along]:
        """What the run measures, the names along each in forward order, and how often."""
        every = Every(self.measure_every, self.weights_every, self.evaluate_every, self.flows_every)
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
        spec_rules.check_device_name(device)
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
        spec_rules.check_batch_size(self.adapted, self.batch_size)
        for sentence in spec_rules.violations(self):
            raise ValueError(sentence)
        if self.device != "auto":
            spec_rules.check_precision(self.precision, self.device.partition(":")[0])
        return self


_NOT_RECIPE = {
    *("config", "name", "seed", "device", "compile", "activation_checkpointing"),
    *("evaluate_every", "measure_every", "checkpoints", "checkpoint_every"),
}


@lru_cache(maxsize=256)
def _adapted(
    config: ResNetConfig, dataset: str, image_size: ImageSize | None, classes: int | None
) -> ResNetConfig:
    return adapt(config, dataset, image_size, classes)


SETTINGS = settings_of(RunSpec)
"""How a net is trained, field by field: all but the net and its name."""
