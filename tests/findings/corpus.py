"""Corpus of 300 small races, kept as a file of records, against which every claim is checked.

`python -m tests.findings.corpus` trains them anew (half an hour on two cores) and overwrites the
file. The races differ in nets, rates, steps, batch sizes, norms, recipes and seeds; some diverge,
some do not learn, some are stopped early, broken, or have not begun, some are of one net against
itself. What is drawn hangs on `DRAW` alone, so that one race can be trained again and compared.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from numpy.typing import NDArray

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.findings.colours import contestant_colours
from resnet_viz.findings.contestant import Contestant
from resnet_viz.quantities.records import History, StepRecord

FILE = Path(__file__).parents[1] / "golden" / "corpus.zip"
RACES = 300
DRAW = 20261129
SMALL: dict[str, Any] = {"widths": (8, 16, 32)}
KEPT = ("grad_norm", "update_ratio", "grad_input_norm", "effective_rank", "layer_state", "final")
"""The quantities that claims are made of; the first two of the first steps and the last tenth."""
_EVERY_STEP = KEPT[:2]


@dataclass(frozen=True)
class Race:
    """The runs of a race: contestants, each from the same seeds.

    `stopped` is after how many steps each run was stopped (None: it went on to its end); `watched`
    are loops of somebody's own, of which neither net nor recipe is known.
    """

    contestants: tuple[RunSpec, ...]
    seeds: tuple[int, ...]
    stopped: tuple[int | None, ...]
    watched: bool = False

    @property
    def specs(self) -> list[RunSpec]:
        """One for each run, contestant by contestant."""
        return [
            spec.model_copy(update={"seed": spec.seed + seed})
            for spec in self.contestants
            for seed in self.seeds
        ]


class Run(NamedTuple):
    """What is kept of a run: its records, and whether more will come."""

    records: Sequence[StepRecord]
    is_over: bool


def _cifar(blocks: int, **changes: Any) -> ResNetConfig:
    fields = preset("resnet56-cifar").model_dump() | SMALL | {"depths": (blocks,) * 3}
    return ResNetConfig.model_validate(fields | changes)


_NETS: Sequence[Mapping[str, Any]] = (
    {},
    {},
    {"shortcut": "none"},
    {"shortcut": "none"},
    {"shortcut": "projection"},
    {"shortcut": "projection_all"},
    {"activation_order": "full_preactivation"},
    {"zero_init_residual": True},
    {"norm": "none"},
    {"norm": "none", "shortcut": "none"},
    {"norm": "none", "shortcut": "none", "init": "pytorch"},
    {"norm": "group"},
    {"attention": "se", "se_reduction": 4},
    {"shortcut_transform": "scaled"},
    {"shortcut_transform": "dropout"},
)
_RECIPES: Sequence[Mapping[str, Any]] = (
    *({"lr": rate} for rate in (1e-4, 1e-3, 0.01, 0.01, 0.01, 0.05, 0.1, 1.0, 10.0)),
    {"optimizer": "adam", "lr": 1e-3, "weight_decay": 0.0},
    {"lr": 0.05, "warmup_steps": 3},
    {"lr": 0.05, "schedule": "cosine"},
    {"lr": 0.01, "label_smoothing": 0.1},
    {"lr": 0.0},
    {"lr": 0.1, "clip_grad_norm": 1.0},
)


def races(count: int = RACES) -> Iterator[Race]:
    """The races of the corpus, the same in every call."""
    for number in range(count):
        yield _race(Random(DRAW + number))


def _race(random: Random) -> Race:
    recipe = dict(random.choice(_RECIPES))
    steps = random.choice((1, 2, 4, 6, 10, 12, 20, 20, 40, 40, 60, 80))
    recipe |= {"steps": steps, "batch_size": random.choice((2, 4, 16, 64, 64, 64))}
    if recipe.get("warmup_steps", 0) >= steps:
        recipe["warmup_steps"] = 0
    recipe["dataset"] = random.choice(("digits",) * 7 + ("noise",))
    recipe["measure_every"] = random.choice((1, 5, 20))
    most = 3 if steps <= 40 else 2
    deepest = 9 if steps <= 20 else 3
    nets = [_net(random, deepest) for _ in range(random.choice((1, 2, 2, 2, most)))]
    if random.random() < 0.15:  # a net against itself
        nets = [nets[0], nets[0]]
    specs = []
    for place, net in enumerate(nets):
        own = dict(recipe)
        if place and random.random() < 0.1:
            own["lr"] = recipe["lr"] * random.choice((0.1, 10))
        if place and nets[0] == net:
            own["seed"] = 100  # the same net from other weights
        specs.append(RunSpec(config=net, device="cpu", **own))
    seeds = tuple(range(random.choice((1, 1, 1, 1, 2, 3, 4, 5) if steps <= 40 else (1, 1, 2))))
    runs = len(specs) * len(seeds)
    is_stopped = random.random() < 0.15
    stopped = tuple(
        random.randrange(steps) if is_stopped and random.random() < 0.5 else None
        for _ in range(runs)
    )
    return Race(tuple(specs), seeds, stopped, watched=random.random() < 0.05)


def _net(random: Random, deepest: int) -> ResNetConfig:
    blocks = random.choice([n for n in (1, 2, 3, 3, 5, 9) if n <= deepest])
    return _cifar(blocks, **random.choice(_NETS))


def run_of(race: Race, number: int) -> Run:
    """Train one of the runs of a race."""
    import torch

    from resnet_viz.training.loop import train

    torch.set_num_threads(1)
    spec, until = race.specs[number], race.stopped[number]
    records = []
    for record in train(spec):
        if until is not None and record.step >= until:
            break
        records.append(record)
    return Run([_thinned(record, spec.steps) for record in records], is_over=True)


def _thinned(record: StepRecord, steps: int) -> StepRecord:
    """What claims are made of: norms of weights at the first step and over the end."""
    is_kept = record.step == 0 or record.step >= steps // 2
    values = {
        name: np.asarray(value, np.float32)
        for name, value in record.values.items()
        if name in KEPT and (is_kept or name not in _EVERY_STEP)
    }
    return StepRecord(record.step, record.loss, record.accuracy, record.seconds, values)


def contestants(race: Race, runs: Sequence[Run]) -> list[Contestant]:
    """The runs as findings see them: `contestants_in` without a store."""
    specs = race.specs
    colours = contestant_colours([spec.config for spec in race.contestants])
    made = []
    for number, (spec, run) in enumerate(zip(specs, runs, strict=True)):
        network, place = plan(spec.adapted), number // len(race.seeds)
        name = f"net {'ABC'[place]}"
        several = len(race.seeds) > 1
        made.append(
            Contestant(
                f"{name}, seed {spec.seed}" if several else name,
                colours[place],
                network.weighted_layers,
                History(run.records),
                None if race.watched else spec.adapted.num_classes,
                dict(spec.quantities),
                tuple(block.name for block in network.blocks),
                None if race.watched else spec.adapted,
                net=("race", place),
                net_name=name,
                recipe=None if race.watched else spec.recipe,
                batch_size=None if race.watched else spec.batch_size,
                is_over=run.is_over,
            )
        )
    return made


def write(file: Path, all_runs: Sequence[Sequence[Run]]) -> None:
    """Keep the records: losses whole, other numbers to three digits, as their logarithms."""
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=9) as archive:
        for number, runs in enumerate(all_runs):
            for place, run in enumerate(runs):
                archive.writestr(f"{number:03}-{place:02}", _packed(run))


def _packed(run: Run) -> bytes:
    arrays: dict[str, NDArray[Any]] = {
        "steps": np.array([r.step for r in run.records], np.int16),
        "loss": np.array([r.loss for r in run.records], np.float32),
        "accuracy": np.array([r.accuracy for r in run.records], np.float32),
    }
    taken: dict[str, list[int]] = {}
    for name in KEPT:
        rows = [record.values[name] for record in run.records if name in record.values]
        if not rows:
            continue
        taken[name] = [record.step for record in run.records if name in record.values]
        values = np.stack(rows)
        is_exact = name in ("final", "layer_state")
        with np.errstate(divide="ignore"):
            arrays[name] = values if is_exact else np.log10(values).astype(np.float16)
    buffer = io.BytesIO()
    head = json.dumps({"taken": taken, "is_over": run.is_over}).encode()
    np.savez(buffer, head=np.frombuffer(head, np.uint8), **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


@cache
def kept() -> Sequence[tuple[Race, Sequence[Run]]]:
    """The races with what was recorded of them."""
    found = []
    with ZipFile(FILE) as archive:
        names = archive.namelist()
        for number, race in enumerate(races()):
            mine = sorted(name for name in names if name.startswith(f"{number:03}-"))
            found.append((race, [_unpacked(archive.read(name)) for name in mine]))
    return found


def _unpacked(packed: bytes) -> Run:
    with np.load(io.BytesIO(packed)) as arrays:
        head = json.loads(arrays["head"].tobytes())
        steps, losses = arrays["steps"].tolist(), arrays["loss"]
        accuracies = arrays["accuracy"]
        values: dict[int, dict[str, NDArray[np.float32]]] = {step: {} for step in steps}
        for name, at in head["taken"].items():
            is_exact = name in ("final", "layer_state")
            for step, row in zip(at, arrays[name], strict=True):
                own = row if is_exact else 10.0 ** row.astype(np.float32)
                values[step][name] = own.astype(np.float32)
        records = [
            StepRecord(step, float(losses[i]), float(accuracies[i]), 0.1 * step, values[step])
            for i, step in enumerate(steps)
        ]
    return Run(records, head["is_over"])


def main(arguments: Sequence[str]) -> int:
    """Train all races, and write what they recorded."""
    count = int(arguments[0]) if arguments else RACES
    chosen = list(races(count))
    jobs = [(race, number) for race in chosen for number in range(len(race.specs))]
    with ProcessPoolExecutor(max_workers=2) as pool:
        runs = list(pool.map(run_of, *zip(*jobs, strict=True), chunksize=4))
    by_race, begin = [], 0
    for race in chosen:
        by_race.append(runs[begin : begin + len(race.specs)])
        begin += len(race.specs)
    write(FILE, by_race)
    print(f"{count} races, {len(runs)} runs, {FILE.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
