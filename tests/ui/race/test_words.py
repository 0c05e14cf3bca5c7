"""Words, paces and the slider's pointer, without Streamlit."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viz.lab.records import History, StepRecord
from resnet_viz.lab.runs import Run
from resnet_viz.ui.common.markdown import plain
from resnet_viz.ui.race import words
from resnet_viz.ui.race.step_slider import Pointer
from tests.lab.conftest import tiny_spec


def history(seconds: list[float]) -> History:
    one = np.ones(2, np.float32)
    return History(StepRecord(step, 2.0, 0.5, at, one, one, one) for step, at in enumerate(seconds))


def run(status: str = "running", message: str = "", steps: int = 20) -> Run:
    return Run(
        id="a",
        race_id="r",
        name="net",
        spec=tiny_spec(steps=steps),
        status=status,
        message=message,
        created=0.0,
        started=0.0,
        ended=None,
        steps_done=0,
        device="cpu",
        params=1,
        threads=1,
    )


@pytest.mark.parametrize("seconds", [[], [1.0], [1.0, 1.0]])
def test_no_pace_before_it_can_be_told(seconds: list[float]) -> None:
    assert words.steps_a_second(history(seconds)) is None
    assert "steps/s" not in words.status_line(run(), history(seconds))


def test_pace_is_that_of_the_last_steps() -> None:
    slow_then_fast = [10.0 * i for i in range(5)] + [40 + 0.25 * (i + 1) for i in range(30)]
    assert words.steps_a_second(history(slow_then_fast)) == pytest.approx(4.0)


def test_status_line() -> None:
    line = words.status_line(run(), history([0.0, 0.5, 1.0, 1.5, 2.0]))
    assert line == "step 5 of 20 · 2 steps/s · 8 s left · loss 2 · accuracy 50%"


def test_status_line_of_a_run_that_waits() -> None:
    waits = "Waits for a free core: 2 running, 0 waiting ahead of it."
    assert words.status_line(run("queued", waits), history([])) == waits
    assert words.status_line(run("queued"), history([])) == "step 0 of 20"


@pytest.mark.parametrize(
    ("status", "message", "said"),
    [
        ("running", "", ""),
        ("finished", "", ""),
        ("queued", "Waits for a free core.", ""),
        ("failed", "Out of memory.", "net failed: Out of memory."),
        ("interrupted", "Its worker is gone.", "net was interrupted: Its worker is gone."),
    ],
)
def test_why_a_run_is_over(status: str, message: str, said: str) -> None:
    assert words.why_over(run(status, message)) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-3, "0 s"), (9.4, "9 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_duration(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


def test_markdown_is_escaped() -> None:
    assert plain("a_b*[c](d) $x$ :red[e]") == r"a\_b\*\[c\]\(d\) \$x\$ \:red\[e\]"


def test_pointer_follows_until_it_is_moved() -> None:
    pointer = Pointer()
    assert [pointer.move_to(step, now) for step, now in ((3, 0.0), (5, 0.5))] == [3, 5]
    pointer.receive(1, 0.6)
    assert not pointer.follows
    assert pointer.move_to(7, 1.0) == 1


def test_pointer_ignores_a_late_answer_of_the_browser() -> None:
    pointer = Pointer()
    pointer.move_to(3, 0.0)
    pointer.move_to(5, 0.5)
    pointer.receive(3, 0.6)
    assert pointer.move_to(7, 1.0) == 7


def test_pointer_takes_an_old_step_for_the_users() -> None:
    pointer = Pointer()
    pointer.move_to(3, 0.0)
    pointer.move_to(9, 60.0)
    pointer.receive(3, 60.1)
    assert pointer.move_to(10, 61.0) == 3


def test_pointer_follows_again() -> None:
    pointer = Pointer()
    pointer.receive(2, 0.0)
    pointer.follow(1.0)
    pointer.receive(2, 1.2)  # the browser had not moved the slider yet
    assert pointer.move_to(8, 1.5) == 8
