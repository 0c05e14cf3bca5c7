"""The queue of a sweep's cells, row by row: no launcher and no process is at work here."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.scheduler.places import SLOTS_VARIABLE
from resnet_viz.scheduler.submit import SHARE
from resnet_viz.scheduler.sweeps import cell_queue
from resnet_viz.scheduler.sweeps.submit_sweep import MOST_OF_VISITOR
from resnet_viz.store import sweep_rows
from resnet_viz.store.database import Store
from tests.labs import tiny_spec

SLOTS = 2


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setenv(SLOTS_VARIABLE, str(SLOTS))
    return Lab(tmp_path)


def sweep(cells: int, start: int = 0, **base: object) -> SweepSpec:
    """So many cells, which differ in their learning rates."""
    rates = tuple((start + n + 1) / 1e6 for n in range(cells))
    return SweepSpec(base=tiny_spec(**base), axes={"lr": rates})


def fill(lab: Lab) -> None:
    store = Store(lab.home)
    with store.session() as connection:
        cell_queue.fill(connection, store)


def statuses(lab: Lab, sweep_id: str) -> Counter[str]:
    return Counter(cell.status for cell in lab.get_sweep(sweep_id).cells)


def change(lab: Lab, query: str, *values: object) -> None:
    with Store(lab.home).writing() as connection:
        connection.execute(query, values)


def end_all(lab: Lab, status: str = "finished", message: str = "") -> None:
    """As the workers of the queued runs would."""
    query = "UPDATE runs SET status = ?, message = ?, steps_done = steps WHERE status = 'queued'"
    change(lab, query, status, message)


def test_no_more_cells_are_queued_than_run_at_once_and_none_while_a_race_waits(lab: Lab) -> None:
    sweep_id = lab.sweep(sweep(6))
    race_id = lab.race([tiny_spec()])
    fill(lab)
    assert statuses(lab, sweep_id) == {"waiting": 6}
    lab.stop(race_id)
    fill(lab)
    fill(lab)
    assert statuses(lab, sweep_id) == {"queued": SLOTS, "waiting": 6 - SLOTS}
    end_all(lab)
    fill(lab)
    assert statuses(lab, sweep_id) == {"finished": 2, "queued": 2, "waiting": 2}

    lab.pause(sweep_id)
    fill(lab)
    assert statuses(lab, sweep_id) == {"finished": 2, "paused": 2, "waiting": 2}
    lab.resume(sweep_id)
    assert statuses(lab, sweep_id) == {"finished": 2, "queued": 2, "waiting": 2}
    lab.stop(sweep_id)
    fill(lab)
    assert statuses(lab, sweep_id) == {"finished": 2, "stopped": 2, "waiting": 2}
    with pytest.raises(ValueError, match="no run or race"):
        lab.stop("")
    assert lab.sweep(sweep(6)) == sweep_id  # the same goes on
    fill(lab)
    assert statuses(lab, sweep_id) == {"finished": 2, "queued": 2, "waiting": 2}


def test_sweeps_take_turns_by_asker_and_the_higher_priority_goes_first(lab: Lab) -> None:
    mine = [lab.sweep(sweep(4, start)) for start in (0, 100)]
    visitors = lab.sweep(sweep(4, 200), asker="somebody")

    def served() -> set[str]:
        fill(lab)
        queued = {i for i in (*mine, visitors) if statuses(lab, i)["queued"]}
        end_all(lab)
        return queued

    assert served() == {mine[0], visitors}
    assert served() == {mine[1], visitors}
    lab.prioritise(mine[0], 1)
    assert served() == {mine[0]}


def test_a_visitor_has_one_sweep_of_a_size_and_its_cells_take_no_share(lab: Lab) -> None:
    with pytest.raises(ValueError, match=f"may have sweeps of {MOST_OF_VISITOR}"):
        lab.sweep(sweep(MOST_OF_VISITOR + 1), asker="somebody")
    first = lab.sweep(sweep(MOST_OF_VISITOR), asker="somebody")
    fill(lab)
    with pytest.raises(ValueError, match="each visitor may have one"):
        lab.sweep(sweep(3, 500), asker="somebody")
    for _ in range(SHARE):
        lab.race([tiny_spec()], asker="somebody")
    lab.stop(first)
    lab.sweep(sweep(3, 500), asker="somebody")
    with pytest.raises(ValueError, match="each visitor may have one"):
        lab.resume(first)
    assert lab.get_sweep(first).status == "stopped"


def test_a_sweep_waits_for_no_run_that_another_has_paused(lab: Lab) -> None:
    visitors = lab.sweep(sweep(1), asker="somebody")
    fill(lab)
    mine = lab.sweep(sweep(1))
    assert statuses(lab, mine) == {"queued": 1}
    lab.pause(visitors)
    fill(lab)
    assert statuses(lab, visitors) == {"paused": 1}
    assert statuses(lab, mine) == {"queued": 1}
    end_all(lab)
    fill(lab)
    assert lab.get_sweep(mine).status == "finished"


def test_cells_that_train_the_same_are_trained_once(lab: Lab) -> None:
    spec = SweepSpec(base=tiny_spec(), axes={"weight_decay": (0, 0.0, 0.1)})
    (refused,) = lab.expected_sweep(spec).refused
    assert (refused.number, refused.why) == (1, "it is the same training as cell 0")
    cells = lab.get_sweep(lab.sweep(spec)).cells
    assert [cell.status for cell in cells] == ["waiting", "refused", "waiting"]


def test_a_sweep_that_cannot_be_read_hides_no_other_and_can_be_deleted(lab: Lab) -> None:
    good, bad = lab.sweep(sweep(2)), lab.sweep(sweep(2, 100))
    change(lab, "UPDATE sweeps SET spec = ? WHERE id = ?", '{"axes": {"lr": [null, null]}}', bad)
    assert [(one.id, one.spec is None) for one in lab.sweeps()] == [(bad, True), (good, False)]
    with pytest.raises(ValueError, match="cannot be read, but it can be deleted"):
        lab.get_sweep(bad)
    lab.stop(bad)
    lab.delete(bad)
    assert [one.id for one in lab.sweeps()] == [good]


def test_a_priority_has_bounds(lab: Lab) -> None:
    with pytest.raises(ValueError, match=r"priority = 1000.* is not allowed"):
        lab.prioritise(lab.sweep(sweep(1)), 10**30)


def test_a_cell_is_never_trained_twice(lab: Lab) -> None:
    lab.race([tiny_spec(lr=1e-6, name="of a race")])
    end_all(lab)
    (run,) = lab.list()
    narrow = lab.get_sweep(lab.sweep(sweep(2)))
    assert (narrow.cells[0].run_id, narrow.cells[1].status) == (run.id, "waiting")
    fill(lab)
    end_all(lab)
    first = [cell.run_id for cell in lab.get_sweep(narrow.id).cells]

    wide = lab.sweep(SweepSpec(base=tiny_spec(), axes={"lr": (2e-6, 1e-6, 3e-6)}, seeds=(0, 1)))
    for _ in range(3):
        fill(lab)
        end_all(lab)
    cells = [cell.run_id for cell in lab.get_sweep(wide).cells]
    assert cells[:2] == first[::-1]
    assert len(set(cells)) == 6

    lab.delete(narrow.id)  # what the other has, too, stays
    assert [lab.get(str(run_id)).status for run_id in cells] == ["finished"] * 6
    lab.delete(wide)
    assert (lab.sweeps(), [one.id for one in lab.list()]) == ([], [run.id])
    with pytest.raises(ValueError, match="no run or race"):
        lab.get(str(cells[0]))


def test_an_interrupted_cell_gets_another_run_and_at_last_none(lab: Lab) -> None:
    sweep_id = lab.sweep(sweep(1))
    for _ in range(sweep_rows.MOST_ATTEMPTS):
        fill(lab)
        assert statuses(lab, sweep_id) == {"queued": 1}
        end_all(lab, "interrupted", "killed")
    (cell,) = lab.get_sweep(sweep_id).cells
    assert (cell.status, cell.message) == ("interrupted", "killed")
    with Store(lab.home).session() as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone()[0] == 1


def test_a_cell_whose_records_are_deleted_keeps_its_end(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_rows, "end_values", lambda *_: {"train_loss": 0.5})
    sweep_id = lab.sweep(sweep(3))
    fill(lab)
    end_all(lab)
    first = lab.get_sweep(sweep_id).cells[0]
    monkeypatch.setenv("RESNET_VIZ_LIMIT", "1 B")  # room has to be made for whatever comes
    fill(lab)
    now = lab.get_sweep(sweep_id).cells[0]
    assert (first.status, now.status) == ("finished", "finished")
    assert first.run_id is not None
    assert now.run_id is None
    assert (now.end, now.message) == ({"train_loss": 0.5}, "The records were deleted.")
    assert lab.sweep_table(sweep_id)["train_loss"][0] == 0.5
    again = lab.get_sweep(lab.sweep(SweepSpec(base=tiny_spec(), axes={"lr": (1e-6,)})))
    assert again.cells[0].end == {"train_loss": 0.5}, "what it ended with need not be found anew"


def test_runs_that_an_earlier_version_trained_are_found(lab: Lab) -> None:
    lab.race([tiny_spec(lr=1e-6, name="trained before there were keys")])
    end_all(lab)
    change(lab, "UPDATE runs SET key = ''")
    (run,) = lab.list()
    assert lab.get_sweep(lab.sweep(sweep(1))).cells[0].run_id == run.id


def test_refused_cells_say_why_before_anything_starts(lab: Lab) -> None:
    spec = SweepSpec(base=tiny_spec(), axes={"batch_size": (16, 2000)})
    (refused,) = lab.expected_sweep(spec).refused
    assert "at most 1500 are allowed" in refused.why
    cells = lab.get_sweep(lab.sweep(spec)).cells
    assert [cell.status for cell in cells] == ["waiting", "refused"]
    assert cells[1].message == refused.why
    with pytest.raises(ValueError, match="no cell can be trained: batch_size"):
        lab.sweep(SweepSpec(base=tiny_spec(), axes={"batch_size": (2000,)}))


def fastest(do: Callable[[], object]) -> float:
    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        do()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


@pytest.mark.flaky(reruns=1, reason="seconds: lists and tables are timed")
@pytest.mark.flaky(reruns=1, reason="seconds: a list of races, in milliseconds, and a table")
def test_thousands_of_cells_cost_a_list_nothing_and_a_table_a_second(lab: Lab) -> None:
    for _ in range(20):
        lab.race([tiny_spec()])
    without = fastest(lab.everything)
    sweep_id = lab.sweep(sweep(10_000))
    assert fastest(lab.everything) < 1.5 * without + 0.002
    end = json.dumps(dict.fromkeys(("train_loss", "eval_loss"), 0.25))
    change(lab, "UPDATE sweep_cells SET status = 'finished', steps_done = 20, final = ?", end)
    assert len(lab.sweep_table(sweep_id)) == 10_000
    assert fastest(lambda: lab.sweep_table(sweep_id)) < 1.0


def test_a_sweep_has_a_name_and_a_note(lab: Lab) -> None:
    sweep_id = lab.sweep(sweep(2))
    assert lab.get_sweep(sweep_id).name == "Learning rate"
    lab.rename(sweep_id, "rates")
    lab.note(sweep_id, "for Monday")
    assert (lab.sweeps()[0].name, lab.notes()) == ("rates", {sweep_id: "for Monday"})
    with pytest.raises(ValueError, match=r"the sweep .* is under way; stop it"):
        lab.delete(sweep_id)
    lab.stop(sweep_id)
    lab.delete(sweep_id)
    assert (lab.sweeps(), lab.notes()) == ([], {})
