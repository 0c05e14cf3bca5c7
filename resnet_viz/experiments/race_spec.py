"""RaceSpec: contestants, each from several seeds, and the runs that these are; no torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from resnet_viz.cells import ShownInCells
from resnet_viz.experiments.run_fields import Seed
from resnet_viz.experiments.run_spec import RunSpec


class RaceSpec(ShownInCells, BaseModel):
    """One to six contestants, each trained once from each of one to five seeds.

    These seeds replace the contestants' own. A ValueError is raised for none, for too many, and
    for a seed that is given twice.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    contestants: Annotated[tuple[RunSpec, ...], Field(min_length=1, max_length=6)]
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1, max_length=5)] = (0,)

    @field_validator("seeds")
    @classmethod
    def _check_seeds(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("allowed are one to five seeds, each once")
        return seeds

    def runs(self) -> tuple[RunSpec, ...]:
        """The runs in the order of their turns: all contestants with one seed, then the next seed.

        So contestants with one seed train side by side on the same minibatches, and after each
        seed all contestants have had the same time.
        """
        return tuple(
            contestant.model_copy(update={"seed": seed})
            for seed in self.seeds
            for contestant in self.contestants
        )


def contestants_of(specs: Sequence[RunSpec]) -> Sequence[int]:
    """Whose run each of a race's is, from 0: those that differ in the seed alone are one's.

    The same with the same seed once more is another contestant.
    """
    known: dict[tuple[RunSpec, int], int] = {}
    again: Counter[RunSpec] = Counter()
    numbers = []
    for spec in specs:
        key = spec.model_copy(update={"seed": 0}), again[spec]
        again[spec] += 1
        numbers.append(known.setdefault(key, len(known)))
    return numbers
