"""A list of many runs reads no specs, and still tells those that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_viz.lab import launch, listing, specs
from resnet_viz.lab.rows import IS_OVER, OVER
from resnet_viz.lab.run import COLUMNS, Run, why_unreadable
from resnet_viz.lab.runs import Lab
from resnet_viz.lab.store import Store
from tests.lab.conftest import tiny_spec
from tests.lab.test_tidying import finish, query


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Two runs that are over and one that waits, and nobody works on it."""
    monkeypatch.setattr(launch, "ensure_launcher", lambda store: None)
    lab = Lab(tmp_path)
    ids = [lab.start(tiny_spec(name=name, seed=7)) for name in ("a", "b", "c")]
    finish(lab, ids[:2], 3)
    return lab


def change(lab: Lab, what: str) -> None:
    with Store(lab.home).writing() as connection:
        connection.execute(f"UPDATE runs SET {what}")


def no_reading(*_: object) -> str:
    raise AssertionError("a spec was read")


def test_a_list_says_what_one_run_says(lab: Lab) -> None:
    listed = lab.list()
    assert [run.name for run in listed] == ["c", "b", "a"]
    assert [run.steps_done for run in listed] == [0, 3, 3]
    for run in listed:
        alone = lab.get(run.id)
        assert run == alone
        assert run != alone._replace(status="paused")
        assert run.spec == alone.spec == tiny_spec(name=run.name, seed=7)
        assert run.quantities == alone.quantities


def test_a_list_reads_no_spec_unless_it_is_asked_for(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.list()
    with monkeypatch.context() as patch:
        patch.setattr(listing, "_read_texts", no_reading)
        patch.setattr(listing, "why_unreadable", no_reading)
        runs = lab.list()
        assert len(runs) == 3
        assert lab.unreadable() == []
    assert runs[1].spec.seed == 7
    plan = f"EXPLAIN QUERY PLAN {listing._OVER}"
    assert "USING COVERING INDEX runs_listed" in str(query(lab.home, plan))


def test_the_index_has_what_a_list_reads() -> None:
    assert "message" in COLUMNS
    assert all(f"'{status}'" in IS_OVER for status in OVER)
    assert IS_OVER.count("'") == 2 * len(OVER)


def test_a_spec_that_was_changed_is_read_again(lab: Lab) -> None:
    lab.list()
    change(lab, "spec = json_set(spec, '$.wings', 2) WHERE name = 'a'")
    assert [run.name for run in lab.list()] == ["c", "b"]
    (unreadable,) = lab.unreadable()
    assert (unreadable.name, unreadable.bytes > 0) == ("a", True)
    assert "wings" in unreadable.reason
    change(lab, "spec = json_remove(spec, '$.wings') WHERE name = 'a'")
    assert len(lab.list()) == 3


def test_what_another_version_sealed_is_read_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(lab, "seal = 'of another version'")
    change(lab, "spec = '{' WHERE name = 'b'")
    assert [run.name for run in lab.list()] == ["c", "a"]
    assert query(lab.home, "SELECT name FROM runs WHERE seal = ? ORDER BY name", specs.seal()) == [
        ("a",),
        ("c",),
    ]
    read: list[str] = []

    def reading(run: Run) -> str:
        read.append(run.name)
        return why_unreadable(run)

    monkeypatch.setattr(listing, "why_unreadable", reading)
    assert len(lab.list()) == 2
    assert read == ["b"]


def test_a_run_deleted_since_says_so(lab: Lab) -> None:
    run = lab.list()[1]
    lab.delete(run.id)
    with pytest.raises(ValueError, match="was deleted since the list was read"):
        _ = run.spec


def test_runs_and_races_are_renamed(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(name="x"), tiny_spec(name="y")])
    second = lab.race_runs(race_id)[1]
    assert lab.race_name(race_id) == ""
    lab.rename(second.id, "z" * 200)
    lab.rename(race_id, "deep & <b>narrow</b>")
    assert [run.name for run in lab.race_runs(race_id)] == ["x", "z" * 200]
    assert lab.get(second.id).spec.name == "y"
    assert lab.race_name(race_id) == "deep & <b>narrow</b>"
    assert query(lab.home, "SELECT contestants FROM races") == [(f'["x","{"z" * 200}"]',)]
    for bad in ("", "  ", "z" * 201):
        with pytest.raises(ValueError, match="allowed are 1 to 200 characters"):
            lab.rename(second.id, bad)
    for act in (lambda: lab.rename("nobody", "name"), lambda: lab.race_name("nobody")):
        with pytest.raises(ValueError, match="no run or race with the id 'nobody'"):
            act()
