"""One reader for all who look at a race."""

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resnet_viz.experiments.race_spec import RaceSpec
from resnet_viz.lab import race_feed as feeds
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Feed
from resnet_viz.scheduler import launcher_client
from resnet_viz.store.database import FILE_NAME, Store, StoreError
from resnet_viz.store.records.chunks import insert_late, insert_records
from tests.labs import tiny_spec
from tests.quantities.test_records import record

LAYERS = 6  # of the tiny net


@pytest.fixture
def race(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Lab, str]:
    """A race of two that nobody works on."""
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setattr(feeds, "READ_SECONDS", 0.0)
    lab = Lab(tmp_path)
    return lab, lab.race([tiny_spec(), tiny_spec(seed=1)])


def write(lab: Lab, position: int, steps: range) -> None:
    with Store(lab.home).writing() as connection:
        insert_records(connection, position, [record(step, LAYERS) for step in steps])


def test_a_look_is_the_same_until_there_is_something_new(race: tuple[Lab, str]) -> None:
    lab, race_id = race
    feed = Feed(lab, race_id)
    first = feed.look()
    assert feed.look() is first
    write(lab, 1, range(5))
    second = feed.look()
    assert second is not first
    assert feed.look() is second
    one, other = second.runs
    assert (len(second.history(one)), len(second.history(other))) == (5, 0)
    assert len(first.history(one)) == 0, "what was seen does not change"
    write(lab, 1, range(5, 8))
    assert len(feed.look().history(one)) == 8
    np.testing.assert_array_equal(
        feed.look().history(one).series("grad_norm").values,
        [record(step, LAYERS).grad_norm for step in range(8)],
    )
    lab.pause(race_id)
    assert {run.status for run in feed.look().runs} == {"paused"}


def test_the_newest_step_of_all_does_not_fall_when_a_further_net_begins(
    race: tuple[Lab, str],
) -> None:
    lab, _ = race
    race_id = lab.race([tiny_spec(name="one"), tiny_spec(name="two")])
    feed = Feed(lab, race_id)
    assert feed.look().newest == -1
    write(lab, 3, range(5))
    assert feed.look().newest == 4
    found = []
    for begin in range(0, 8, 2):
        write(lab, 4, range(begin, begin + 2))
        found.append(feed.look().newest)
    write(lab, 3, range(5, 9))
    assert [*found, feed.look().newest] == [4, 4, 4, 4, 7], "the hindmost counts from there on"
    for run in lab.race_runs(race_id):
        lab.stop(run.id)
    assert feed.look().newest == 8, "of a race that is over the last"
    lab.delete(race_id)
    gone = feed.look()
    assert (gone.is_gone, gone.newest) == (True, 8)


def test_the_newest_step_goes_on_while_later_seeds_catch_up(race: tuple[Lab, str]) -> None:
    lab, _ = race
    nets = tiny_spec(name="one"), tiny_spec(name="two")
    race_id = lab.race(RaceSpec(contestants=nets, seeds=(0, 1)))
    feed, (one, two, one_again, _) = Feed(lab, race_id), range(3, 7)
    assert [(run.name, run.seed) for run in lab.race_runs(race_id)[:3]] == [
        ("one", 0),
        ("two", 0),
        ("one", 1),
    ]
    write(lab, one, range(9))
    lab.stop(lab.race_runs(race_id)[0].id)
    write(lab, two, range(5))
    assert feed.look().newest == 4
    write(lab, one_again, range(2))
    write(lab, two, range(5, 7))
    assert feed.look().newest == 6, "each net has come to it with one of its seeds"
    assert Feed(lab, race_id).look().newest == 6, "also for who looks only now"
    write(lab, two, range(7, 9))
    lab.stop(lab.race_runs(race_id)[1].id)
    assert Feed(lab, race_id).look().newest == feed.look().newest == 8


def counted(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The race's id for each time that the store is asked for it."""
    asked: list[str] = []
    real = lab.race_runs

    def counting(asked_id: str) -> Any:
        asked.append(asked_id)
        return real(asked_id)

    monkeypatch.setattr(lab, "race_runs", counting)
    return asked


@pytest.mark.flaky(reruns=1, reason="seconds: many threads at once")
def test_many_who_look_at_once_read_once(
    race: tuple[Lab, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, race_id = race
    monkeypatch.setattr(feeds, "READ_SECONDS", 10.0)
    monkeypatch.setattr(feeds, "FIRST_SECONDS", 10.0)
    asked = counted(lab, monkeypatch)
    feed = Feed(lab, race_id)
    looks: list[object] = []
    threads = [threading.Thread(target=lambda: looks.append(feed.look())) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 1
    feed.expire()
    feed.look()
    feed.look()
    assert len(asked) == 2
    assert len({id(look) for look in looks}) == 1


def test_a_new_race_is_read_at_each_write_until_all_its_nets_have_a_record(
    race: tuple[Lab, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A class that looked at a race in the queue had it read for each look: 20 ms of a core."""
    lab, race_id = race
    monkeypatch.setattr(feeds, "READ_SECONDS", 10.0)
    monkeypatch.setattr(feeds, "FIRST_SECONDS", 0.0)
    one, two = lab.race_runs(race_id)
    asked = counted(lab, monkeypatch)
    feed = Feed(lab, race_id)
    feed.look()
    feed.look()
    assert len(asked) == 1, "nothing was written"
    write(lab, 1, range(1))
    assert [len(feed.look().history(run)) for run in (one, two)] == [1, 0]
    assert feed.seconds < 0.1
    write(lab, 2, range(1))
    assert [len(feed.look().history(run)) for run in (one, two)] == [1, 1]
    assert len(asked) == 3
    write(lab, 1, range(1, 2))
    feed.look()
    assert len(asked) == 3, "all have their first"
    assert feed.seconds > 0.1


def test_a_race_that_waits_for_long_is_read_as_all_others(
    race: tuple[Lab, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, race_id = race
    monkeypatch.setattr(feeds, "READ_SECONDS", 10.0)
    monkeypatch.setattr(feeds, "NEW_SECONDS", 0.0)
    asked = counted(lab, monkeypatch)
    feed = Feed(lab, race_id)
    feed.look()
    write(lab, 1, range(1))
    before = len(asked)
    feed.look()
    assert len(asked) == before


@pytest.mark.flaky(reruns=1, reason="seconds: many threads at once")
def test_what_is_made_of_a_look_is_made_once(race: tuple[Lab, str]) -> None:
    look = Feed(*race).look()
    made: list[int] = []

    def slow() -> int:
        time.sleep(0.05)
        made.append(1)
        return len(made)

    threads = [threading.Thread(target=lambda: look.once("key", slow)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]
    assert look.once("key", slow) == 1
    assert look.once("other", slow) == 2


def test_a_store_that_fails_is_told_and_what_was_seen_stays(race: tuple[Lab, str]) -> None:
    lab, race_id = race
    write(lab, 1, range(3))
    feed = Feed(lab, race_id)
    run = feed.look().runs[0]
    with Store(lab.home).writing() as connection:
        connection.execute("UPDATE runs SET race_id = 'another'")
    gone = feed.look()
    assert gone.is_gone
    assert gone.is_over
    assert "no longer in the store" in gone.problem
    assert len(gone.history(run)) == 3
    assert feed.look() is gone
    (lab.home / FILE_NAME).unlink()
    (lab.home / FILE_NAME).mkdir()
    failing = feed.look()
    assert "cannot be opened" in failing.problem
    assert len(failing.history(run)) == 3


def test_a_race_that_never_was_is_an_error(race: tuple[Lab, str]) -> None:
    with pytest.raises(ValueError, match="no run or race"):
        Feed(race[0], "other").look()


def test_a_long_run_is_read_in_windows_and_thinned(
    race: tuple[Lab, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, race_id = race
    monkeypatch.setattr(feeds, "WINDOW", 100)
    monkeypatch.setattr(feeds, "MOST_STEPS", 64)
    write(lab, 1, range(1000))
    look = Feed(lab, race_id).look()
    history = look.history(look.runs[0])
    assert len(history) == 1000
    assert history.series("grad_norm").steps.tolist() == [*range(0, 1000, 16), 999]


def test_a_close_look_has_the_steps_that_the_store_has(
    race: tuple[Lab, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, race_id = race
    monkeypatch.setattr(feeds, "MOST_STEPS", 64)
    write(lab, 1, range(1000))
    feed = Feed(lab, race_id)
    look = feed.look()
    run = look.runs[0]
    assert look.history(run).is_thinned("grad_norm")
    for between, every in (((100, 130), 1), ((100, 299), 4)):
        taken = feed.closer(look, "grad_norm", between).history(run).series("grad_norm")
        begin, end = between
        inside = taken.steps[(taken.steps >= begin) & (taken.steps <= end)]
        assert inside.tolist() == [s for s in range(begin, end + 1) if s % every == 0]
        assert set(look.history(run).series("grad_norm").steps) <= set(taken.steps), (
            "and all others"
        )
        for step, values in zip(taken.steps.tolist(), taken.values, strict=True):
            np.testing.assert_array_equal(values, record(step, LAYERS).grad_norm)
    assert len(look.history(run).series("grad_norm").steps) <= 65, "the look itself does not change"

    def fail(*_: object) -> None:
        raise StoreError("away")

    monkeypatch.setattr(lab, "series", fail)
    assert feed.closer(look, "grad_norm", (0, 9)) is look
    assert feed.closer(look, "grad_norm", (100, 130)) is not look, "read once"


def test_the_end_comes_after_the_last_record(race: tuple[Lab, str]) -> None:
    lab, race_id = race
    feed = Feed(lab, race_id)
    write(lab, 1, range(20))
    look = feed.look()
    one, other = look.runs
    assert "final" not in look.history(one).quantities
    end = np.arange(8, dtype=np.float32)
    with Store(lab.home).writing() as connection:
        insert_late(connection, 1, 19, {"final": end})
        connection.execute("UPDATE runs SET status = 'finished' WHERE position = 1")
    look = feed.look()
    taken = look.history(one).series("final")
    np.testing.assert_array_equal(taken.values, [end])
    assert taken.steps.tolist() == [19]
    assert len(look.history(one)) == 20
    assert "final" not in look.history(other).quantities
    assert feed.look() is look
    np.testing.assert_array_equal(lab.records(one.id)[-1].values["final"], end)
    assert "final" in Feed(lab, race_id).look().history(one).quantities
