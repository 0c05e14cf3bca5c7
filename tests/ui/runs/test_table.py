"""The table of races: its cells, its order, and what is read of the store for it."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler import launcher_client
from resnet_viz.store.database import Store
from resnet_viz.store.records.chunks import insert_records
from resnet_viz.ui.pages.runs import digests
from resnet_viz.ui.pages.runs.cells import HEIGHT, WIDTH, chips, row_of
from resnet_viz.ui.pages.runs.digests import Digests, Reading
from resnet_viz.ui.pages.runs.groups import DIVERGED, Group, groups, matching
from tests.labs import TINY, tiny_spec

PLAIN = TINY.model_copy(update={"shortcut": "none"})
FALLING, GROWING = (
    [2.3, 2.0, 1.5, 1.0, 0.6, 0.4, 0.3, 0.2, 0.2, 0.2],
    [2.3 * 3**i for i in range(10)],
)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    return Lab(tmp_path)


def ended(lab: Lab, *losses: Sequence[float], status: str = "finished") -> str:
    """A race of a residual net and a plain one with these losses, which lasted 75 s."""
    nets = zip((TINY, PLAIN), ("one", "other"), losses, strict=False)
    race_id = lab.race([tiny_spec(config=config, name=name) for config, name, _ in nets])
    with Store(lab.home).writing() as connection:
        for run, of_run in zip(lab.race_runs(race_id), losses, strict=True):
            change = "UPDATE runs SET status = ?, started = 100.0, ended = 175.0 WHERE id = ?"
            returned = connection.execute(f"{change} RETURNING position", (status, run.id))
            records = [
                StepRecord(step, loss, 0.9 if loss < 1 else 0.1, 0.1 * step)
                for step, loss in enumerate(of_run)
            ]
            insert_records(connection, returned.fetchone()[0], records)
    return race_id


def listed(lab: Lab) -> Sequence[Group]:
    return groups(lab.everything(), lab.race_names(), lab.notes())


def row(lab: Lab) -> dict[str, object]:
    (group,) = listed(lab)
    known = Digests(lab)
    return row_of(group, {run.id: known.of(run) for run in group.readable}, 200.0)


def test_a_race_in_a_row(lab: Lab) -> None:
    ended(lab, FALLING, [2.3] * 10)
    one = row(lab)
    assert (one["title"], one["outcome"], one["duration"]) == (
        "one against other",
        "finished",
        "1 min 15 s",
    )
    assert [share["text"] for share in one["shares"]] == ["90 %", "10 %"]  # type: ignore[attr-defined]
    assert one["losses"] == "Training loss. one: 2.30 to 0.200; other: 2.30 to 2.30"
    assert not one["stops"]


def test_the_losses_are_drawn_to_scale(lab: Lab) -> None:
    """Down is less: of the falling loss the last point is the lowest; both are as wide as far."""
    ended(lab, FALLING, [2.3] * 10)
    paths = [line["path"][1:].split("L") for line in row(lab)["lines"]]  # type: ignore[attr-defined]
    falling, level = ([tuple(map(float, point.split())) for point in path] for path in paths)
    assert [x for x, _ in falling] == pytest.approx(np.linspace(0, WIDTH, 10), abs=0.5)
    assert [y for _, y in falling] == sorted(y for _, y in falling)
    assert len({y for _, y in level}) == 1
    assert all(0 <= y <= HEIGHT for _, y in falling)
    assert falling[-1][1] == pytest.approx(HEIGHT * (1 - 0.2 / (1.25 * 2.3)), abs=0.06)


@pytest.mark.parametrize("losses", [GROWING, [2.3, nan, nan], [inf] * 3, [2.3, 5.0, inf]])
def test_divergence_is_an_outcome(lab: Lab, losses: Sequence[float]) -> None:
    ended(lab, losses, FALLING)
    one = row(lab)
    assert (one["outcome"], one["tone"]) == ("1 diverged, 1 finished", "bad")
    assert all("nan" not in line["path"] for line in one["lines"])  # type: ignore[attr-defined]
    known = Digests(lab)

    def has_diverged(run: object) -> bool:
        return known.of(run).diverged is not None  # type: ignore[arg-type]

    found = [*matching(listed(lab), "", {DIVERGED}, has_diverged=has_diverged)]
    assert len(found) == 1
    assert not [*matching(listed(lab), "", {"failed"}, has_diverged=has_diverged)]


def test_a_race_that_failed_has_failed(lab: Lab) -> None:
    ended(lab, FALLING[:2], [], status="failed")
    one = row(lab)
    assert (one["outcome"], one["tone"]) == ("failed", "bad")
    assert len(one["shares"]) == 1  # type: ignore[arg-type]


def test_chips_are_what_is_not_usual() -> None:
    usual = {"steps": 60, "batch_size": 64}
    assert [*chips([tiny_spec(**usual)])] == []
    assert [*chips([tiny_spec(**usual, seed=7, lr=0.1)])] == ["seed 7", "lr 0.1"]
    assert [*chips([tiny_spec(**usual, seed=seed) for seed in (0, 1, 2)])] == ["3 seeds"]
    rates = [tiny_spec(**usual, lr=lr) for lr in (0.01, 0.1)]
    assert [*chips(rates)] == ["lr 0.01 / 0.1"]
    other = {"dataset": "noise", "optimizer": "adam", "steps": 3000, "weight_decay": 0.0}
    assert {*chips([tiny_spec(**other)])} == {
        *("noise", "adam", "3,000 steps", "weight decay 0", "batch 16")
    }
    assert [*chips([])] == []


def test_a_run_that_is_over_is_read_once(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    ended(lab, FALLING)
    (run,) = lab.list()
    known = Digests(lab)
    first = known.of(run)
    monkeypatch.setattr(Lab, "records", None)
    assert known.of(run) is first


def test_of_a_run_under_way_only_what_is_new_is_read(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = lab.start(tiny_spec())
    known, read = Digests(lab), list[int]()
    plain = Lab.records

    def counted(one: Lab, *args: int, **how: int) -> list[StepRecord]:
        records = plain(one, *args, **how)  # type: ignore[arg-type]
        read.append(len(records))
        return records

    monkeypatch.setattr(Lab, "records", counted)
    for begin, end in ((0, 4), (4, 10)):
        with Store(lab.home).writing() as connection:
            change = "UPDATE runs SET status = 'paused' WHERE id = ? RETURNING position"
            position = connection.execute(change, (run_id,)).fetchone()[0]
            records = [StepRecord(step, FALLING[step], 0.5, 0.1) for step in range(begin, end)]
            insert_records(connection, position, records)
        losses = known.of(lab.get(run_id)).losses
        assert losses == tuple(enumerate(FALLING[:end]))
    assert read == [4, 6]


def test_a_long_run_is_thinned(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "MOST_STEPS", 4)
    ended(lab, FALLING)
    (run,) = lab.list()
    assert Digests(lab).of(run).losses == ((0, 2.3), (4, 0.6), (8, 0.2), (9, 0.2))


def test_records_are_read_at_every_so_manieth_step(lab: Lab) -> None:
    ended(lab, FALLING)
    (run,) = lab.list()
    assert [record.step for record in lab.records(run.id, 2, 9, every=3)] == [3, 6]


def test_thousands_are_read_bit_by_bit(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sorted by what is known; the next run of the page goes on where this one had no time left."""
    ended(lab, FALLING, [2.3] * 10)
    runs = lab.list()
    known = Digests(lab)
    monkeypatch.setattr(digests, "READ_SECONDS", 0.0)
    reading = Reading(known)
    assert [reading.of(run).accuracy for run in runs] == [None, None]
    assert reading.left == 2
    known.of(runs[0])
    reading = Reading(known)
    assert [reading.of(run).losses != () for run in runs] == [True, False]
    assert reading.left == 1
