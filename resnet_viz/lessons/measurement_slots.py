"""Measurement slots of a lesson: what each kind measures, and which results, numbers and curves
it may have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from resnet_viz.arch.config import ResNetConfig, plain_twin, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.race_spec import RaceSpec
from resnet_viz.experiments.run_fields import Seed
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import AxisValue, SweepSpec
from resnet_viz.lessons.notebook_slot import NotebookSlot
from resnet_viz.lessons.slot import MAIN, Name, Slot


class Net(Slot):
    """A net of a measurement: a preset with some fields changed, or the plain twin of that.

    `title` is what it is called; the preset's name by default. `training` holds the fields of the
    training that it alone has.
    """

    preset: str
    title: str = ""
    plain: bool = False
    changes: Mapping[str, Any] = Field(default_factory=dict)
    training: Mapping[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, value: object) -> object:
        return {"preset": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _makes_a_net(self) -> Self:
        self.config()
        return self

    def config(self) -> ResNetConfig:
        """The net's configuration.

        Raises:
            ValueError: where there is no such preset, or the changes make no net.
        """
        changed = revise(preset(self.preset), **self.changes) if self.changes else None
        net = changed or preset(self.preset)
        return plain_twin(net) if self.plain else net


MOST_LAYERS = 1202


def _cifar_depths(depths: tuple[int, ...]) -> tuple[int, ...]:
    if wrong := [d for d in depths if not 8 <= d <= MOST_LAYERS or (d - 2) % 6]:
        raise ValueError(
            f"depths are 6n + 2 from 8 to {MOST_LAYERS:,}, such as 8, 14 or 20, not {wrong[0]}"
        )
    return tuple(sorted(set(depths)))


CifarDepths = Annotated[tuple[int, ...], AfterValidator(_cifar_depths)]
Nets = Annotated[Mapping[Name, Net], Field(min_length=1, max_length=6)]


class RaceSlot(Slot):
    """A race: up to six nets, trained from each seed."""

    kind: Literal["race"]
    name: Name = MAIN
    nets: Nets
    training: Mapping[str, Any] = Field(default_factory=dict)
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1, max_length=5)] = (0,)

    @model_validator(mode="after")
    def _trains(self) -> Self:
        self.spec()
        return self

    def spec(self) -> RaceSpec:
        """What is trained."""
        runs = [
            RunSpec(
                config=net.config(),
                name=net.title or net.preset,
                **{**self.training, **net.training},
            )
            for net in self.nets.values()
        ]
        return RaceSpec(contestants=tuple(runs), seeds=self.seeds)

    def outcomes(self) -> Mapping[str, Sequence[str]]:
        """What a race may show: how each net ended, which ended best, and the first gradient."""
        found: dict[str, Sequence[str]] = {
            f"state_{net}": ("learnt", "not_learnt", "diverged", "unclear") for net in self.nets
        }
        return found | {"best": (*self.nets, "undecided")}

    def numbers(self) -> Sequence[str]:
        """The numbers that sentences may name."""
        return (
            "steps",
            "guess",
            *(f"{of}_{net}" for of in RACE_NUMBERS for net in self.nets),
        )

    def curves(self) -> Sequence[str]:
        """A race has none that a reader draws."""
        return ()


RACE_NUMBERS = ("loss", "accuracy", "first_ratio", "rank")
"""The training loss and the share of unseen images right at the end; the gradient at the first
block over the last's at step 0; the median block's effective rank, last measured."""


class SweepSlot(Slot):
    """A sweep over the depth of CIFAR nets: `depths` (6n + 2), residual and plain."""

    kind: Literal["sweep"]
    name: Name = MAIN
    depths: Annotated[CifarDepths, Field(min_length=2, max_length=8)]
    changes: Mapping[str, Any] = Field(default_factory=dict)
    training: Mapping[str, Any] = Field(default_factory=dict)
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1, max_length=10)] = (0, 1)

    @model_validator(mode="after")
    def _trains(self) -> Self:
        self.spec()
        return self

    def spec(self) -> SweepSpec:
        """What is trained."""
        net = Net(preset="resnet20-cifar", changes=self.changes).config()
        blocks: tuple[AxisValue, ...] = tuple(((depth - 2) // 6,) * 3 for depth in self.depths)
        base = RunSpec(config=net, **self.training)
        axes: Mapping[str, tuple[AxisValue, ...]] = {"depths": blocks, "plain": (False, True)}
        return SweepSpec(base=base, axes=axes, seeds=self.seeds)

    def outcomes(self) -> Mapping[str, Sequence[str]]:
        """Whether the training loss at the largest depth is worse than at the smallest."""
        return {f"deeper_{kind}": ("worse", "better", "undecided") for kind in KINDS}

    def numbers(self) -> Sequence[str]:
        """The numbers that sentences may name."""
        ends = (f"loss_{kind}_{at}" for kind in KINDS for at in ("shallow", "deep"))
        return ("steps", "seeds", "shallow", "deep", *ends)

    def curves(self) -> Sequence[str]:
        """The training loss at the end against the depth."""
        return tuple(f"loss_{kind}" for kind in KINDS)


KINDS = ("residual", "plain")
"""The nets of a sweep over the depth."""


class NewNetsSlot(Slot):
    """Nets before their first step, on one batch; with `depths`, each at each of these depths."""

    kind: Literal["new_nets"]
    name: Name = MAIN
    nets: Nets
    depths: Annotated[CifarDepths, Field(max_length=8)] = ()
    images: Literal["digits", "gaussian"] = "digits"
    batch_size: Annotated[int, Field(ge=2, le=1024)] = 64
    shattering: bool = False

    @model_validator(mode="after")
    def _have_these_depths(self) -> Self:
        for (name, depth), config in self.configs().items():
            if depth and (layers := plan(config).depth) != depth:
                raise ValueError(
                    f"{name} has {layers} layers instead of {depth}: depths are for nets of three "
                    "stages of basic blocks"
                )
        return self

    def configs(self) -> Mapping[tuple[str, int], ResNetConfig]:
        """Each net by its name and depth; the depth is 0 where the lesson names none."""
        configs = {name: self._with_images(net.config()) for name, net in self.nets.items()}
        if not self.depths:
            return {(name, 0): config for name, config in configs.items()}
        return {
            (name, depth): revise(config, depths=_blocks(depth, len(config.depths)))
            for name, config in configs.items()
            for depth in self.depths
        }

    def _with_images(self, config: ResNetConfig) -> ResNetConfig:
        return revise(config, in_channels=1 if self.images == "digits" else 16)

    def outcomes(self) -> Mapping[str, Sequence[str]]:
        """Where the gradient changes most on its way back, and how in each net; at the largest
        depth."""
        kinds = ("grows", "shrinks", "keeps")
        return {
            **{f"gradient_{net}": kinds for net in self.nets},
            "steepest": (*self.nets, "undecided"),
            **({"most_alike": (*self.nets, "undecided")} if self.shattering else {}),
        }

    def numbers(self) -> Sequence[str]:
        """The numbers that sentences may name; all at the largest depth."""
        of = ("ratio", "per_layer", "theory", "depth", *(("cosine",) if self.shattering else ()))
        return tuple(f"{what}_{net}" for what in of for net in self.nets)

    def curves(self) -> Sequence[str]:
        """Against the depth: the gradient's ratio, and the cosine of neighbours' gradients."""
        if not self.depths:
            return ()
        of = ("ratio", "cosine") if self.shattering else ("ratio",)
        return tuple(f"{what}_{net}" for what in of for net in self.nets)


def _blocks(depth: int, stages: int) -> tuple[int, ...]:
    return ((depth - 2) // (2 * stages),) * stages


class RemovalSlot(Slot):
    """Each block of the trained nets of a race removed in turn, and the error without it."""

    kind: Literal["removal"]
    name: Name = MAIN
    of: Name
    nets: Annotated[tuple[Name, ...], Field(min_length=1, max_length=3)]

    def outcomes(self) -> Mapping[str, Sequence[str]]:
        """Which net's median block is missed most."""
        return {"misses_most": (*self.nets, "undecided")}

    def numbers(self) -> Sequence[str]:
        """The numbers that sentences may name: errors of the whole net, and without the median and
        the most important block."""
        return tuple(f"{of}_{net}" for of in ("whole", "median", "worst") for net in self.nets)

    def curves(self) -> Sequence[str]:
        """None that a reader draws."""
        return ()


class CountsSlot(Slot):
    """Parameters, multiply-accumulates and depth of nets, counted at once."""

    kind: Literal["counts"]
    name: Name = MAIN
    nets: Nets

    def outcomes(self) -> Mapping[str, Sequence[str]]:
        """Which net has the most parameters, and which needs the most multiply-accumulates."""
        either = (*self.nets, "undecided")
        return {"most_parameters": either, "most_macs": either}

    def numbers(self) -> Sequence[str]:
        """The numbers that sentences may name."""
        return tuple(f"{of}_{net}" for of in ("parameters", "macs", "depth") for net in self.nets)

    def curves(self) -> Sequence[str]:
        """None that a reader draws."""
        return ()


AnyMeasurement = RaceSlot | SweepSlot | NewNetsSlot | RemovalSlot | CountsSlot | NotebookSlot
Measurement = Annotated[AnyMeasurement, Field(discriminator="kind")]
