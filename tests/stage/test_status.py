"""How far a race is, in words, and the step that is shown; without Streamlit."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viz.arch.plan import plan
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.race_summary import happened
from resnet_viz.quantities.records import History, StepRecord
from resnet_viz.stage import status
from resnet_viz.store.run import Run
from resnet_viz.ui.components.stages.stage_view import Pointer
from tests.labs import tiny_spec
from tests.ui.race.test_words import run


def history(seconds: list[float]) -> History:
    one = np.ones(2, np.float32)
    return History(
        StepRecord(step, 2.0, 0.5, at, {"grad_norm": one}) for step, at in enumerate(seconds)
    )


def contestant(history: History) -> Contestant:
    layers = plan(tiny_spec().adapted).weighted_layers[:2]
    return Contestant("net", "#0072B2", layers, history)


@pytest.mark.parametrize("seconds", [[], [1.0], [1.0, 1.0]])
def test_no_pace_before_it_can_be_told(seconds: list[float]) -> None:
    assert status.steps_per_second(history(seconds)) is None
    begun = contestant(history(seconds))
    assert "left" not in status.progress_sentence([run()], [begun])


def test_pace_is_that_of_the_last_steps() -> None:
    slow_then_fast = [10.0 * i for i in range(5)] + [40 + 0.25 * (i + 1) for i in range(30)]
    assert status.steps_per_second(history(slow_then_fast)) == pytest.approx(4.0)


NONE, SOME = history([]), history([0.0, 0.5, 1.0])


@pytest.mark.parametrize(
    ("of", "records", "said"),
    [
        (run(), SOME, ""),
        (run("finished"), SOME, ""),
        (run("stopped"), SOME, "stopped at step 3"),
        (run("failed"), NONE, "failed at step 0"),
        (run("paused"), SOME, "paused"),
        (run("queued"), SOME, "waiting"),
        (run("queued", "Waits for a free core."), NONE, "Waits for a free core."),
        (
            run("not answering", "It has not answered for 9 s."),
            SOME,
            "It has not answered for 9 s.",
        ),
        (run(), NONE, "Building the network..."),
        (run()._replace(device=""), NONE, "Starting..."),
        (run("paused")._replace(started=None), NONE, "Paused before the first step"),
        (run(steps=3), SOME, "measuring the end..."),
    ],
)
def test_the_note_beside_a_net(of: Run, records: History, said: str) -> None:
    assert status.card_note([(of, records)]) == said


def test_the_note_beside_a_net_of_several_seeds() -> None:
    done, now, waits = run("finished"), run(), run("queued", "Waits for a free core.")
    assert status.card_note([(done, SOME), (waits, NONE), (now, SOME)]) == "1 of 3 seeds done"
    said = status.card_note([(done, SOME), (run("stopped"), SOME), (run("failed"), NONE)])
    assert said == "1 of 3 seeds done, 1 failed, 1 stopped"


@pytest.mark.parametrize(
    ("ended", "message", "said"),
    [
        ("running", "", ""),
        ("finished", "", ""),
        ("queued", "Waits for a free core.", ""),
        ("failed", "Out of memory.", "net failed: Out of memory."),
        ("interrupted", "Its worker is gone.", "net was interrupted: Its worker is gone."),
    ],
)
def test_why_a_run_is_over(ended: str, message: str, said: str) -> None:
    assert status.why_over(run(ended, message)) == said


def test_pointer_follows_until_it_is_moved() -> None:
    pointer = Pointer()
    assert [pointer.step(newest) for newest in (3, 5)] == [3, 5]
    pointer.obey(1, 1)
    assert not pointer.follows
    assert pointer.step(7) == 1


def test_pointer_shows_nothing_that_is_not_measured() -> None:
    pointer = Pointer()
    pointer.obey(50, 1)
    assert pointer.step(7) == 7
    assert pointer.step(90) == 50


def test_pointer_follows_again_and_an_older_move_does_not_count() -> None:
    pointer = Pointer()
    pointer.obey(2, 1)
    pointer.obey(None, 2)
    assert pointer.step(8) == 8
    pointer.obey(2, 1)
    assert pointer.follows


def test_a_link_moves_the_pointer_and_an_older_press_does_not_undo_it() -> None:
    pointer = Pointer()
    pointer.obey(3, 1)
    pointer.look_at(7)
    pointer.obey(4, 1)
    assert pointer.step(9) == 7
    assert pointer.moves == 2


def test_before_the_first_step_the_furthest_net_is_told() -> None:
    waits = run("queued", "Waits for a free core.")._replace(started=None, device="")
    imports = run()._replace(device="")
    empty = [contestant(NONE), contestant(NONE)]
    assert status.progress_sentence([waits, waits], empty) == "Waits for a free core."
    assert status.progress_sentence([waits, imports], empty) == "Starting..."
    assert status.progress_sentence([imports, run()], empty) == "Building the network..."


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([run(), run()], "Training both networks, 8 s left"),
        ([run()], "Training the network, 8 s left"),
        ([run()] * 3, "Training all three networks, 8 s left"),
        ([run(), run()._replace(seed=1)] * 2, "Training all four runs, 8 s left"),
        ([run("paused"), run("paused")], "Paused at step 5"),
        ([run(), run("paused")], "One training, one paused"),
        ([run(), run("finished")], "One training, one done, 8 s left"),
        (
            [run(), *map(run, ("finished", "stopped", "failed", "stopped"))],
            "One training, one done, two stopped, one failed, 8 s left",
        ),
    ],
)
def test_one_sentence_says_how_far_a_race_is(runs: list[Run], said: str) -> None:
    begun = contestant(history([0.0, 0.5, 1.0, 1.5, 2.0]))
    assert status.progress_sentence(runs, [begun] * len(runs)) == said


def test_a_net_that_has_not_begun_is_still_starting() -> None:
    begun, queued = contestant(SOME), run("queued")._replace(started=None)
    said = status.progress_sentence([run(), run()], [begun, contestant(NONE)])
    assert said == "One training, one still starting"
    said = status.progress_sentence([run(), queued], [begun, contestant(NONE)])
    assert said == "One training, one waiting"


def test_the_end_is_being_measured() -> None:
    begun = contestant(SOME)
    said = status.progress_sentence([run(steps=3), run("finished")], [begun, begun])
    assert said == "Measuring how the networks do after their last step..."


def test_the_sentence_is_the_verdict_when_the_race_is_over() -> None:
    nets = [contestant(history([0.0, 0.5])), contestant(history([0.0, 0.5]))]
    runs = [run("finished"), run("stopped")]
    assert status.progress_sentence(runs, nets) == happened(nets)[0].text
    assert "ended before" in status.progress_sentence(runs[:1], [contestant(NONE)])
