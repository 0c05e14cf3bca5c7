"""Words, paces and the step that is shown, without Streamlit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from resnet_viz.ui.components.step_control import Pointer

from resnet_viz.arch.plan import plan
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.race_summary import happened
from resnet_viz.quantities.records import History, StepRecord
from resnet_viz.store.run import Run
from resnet_viz.store.stored_spec import Texts
from resnet_viz.ui.pages.race import words
from resnet_viz.ui.widgets.markdown import plain
from tests.findings.recorded import recorded
from tests.labs import tiny_spec


def history(seconds: list[float]) -> History:
    one = np.ones(2, np.float32)
    return History(
        StepRecord(step, 2.0, 0.5, at, {"grad_norm": one}) for step, at in enumerate(seconds)
    )


def losing(losses: list[float]) -> History:
    """A net with these losses."""
    one = np.ones(2, np.float32)
    return History(
        StepRecord(step, loss, 0.5, float(step), {"grad_norm": one})
        for step, loss in enumerate(losses)
    )


def run(status: str = "running", message: str = "", steps: int = 20) -> Run:
    return Run(
        id="a",
        race_id="r",
        name="net",
        contestant=0,
        seed=0,
        steps=steps,
        bytes=0,
        status=status,
        message=message,
        created=0.0,
        started=0.0,
        ended=None,
        steps_done=0,
        device="cpu",
        params=1,
        threads=1,
        host="",
        pace=None,
        texts={"a": Texts(tiny_spec(steps=steps).model_dump_json(), "")},
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


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([2.0, np.nan, 3.0], "loss 3"),
        ([2.0, np.inf, 3.0, np.nan, np.inf], "diverged at step 3 (loss not finite)"),
        ([np.nan, np.nan], "diverged at step 0 (loss not finite)"),
    ],
)
def test_status_line_of_a_net_that_runs_away(losses: list[float], said: str) -> None:
    assert f" · {said} · " in words.status_line(run(), losing(losses))


def test_seeds_of_which_one_runs_away() -> None:
    over = run("finished")
    line = words.seeds_line(
        [(over, losing([2.0])), (over, losing([3.0])), (over, losing([np.nan]))]
    )
    assert line == "3 of 3 seeds done · last loss 2 to 3, diverged in 1 seed (loss not finite)"
    line = words.seeds_line([(over, losing([np.inf])), (over, losing([np.nan]))])
    assert line == "2 of 2 seeds done · diverged in 2 seeds (loss not finite)"


def test_status_line_of_a_run_that_waits() -> None:
    waits = "Waits for a free core: 2 running, 0 waiting ahead of it."
    assert words.status_line(run("queued", waits), history([])) == waits
    silent = run("not answering", "It has not answered for 9 s.")
    assert words.status_line(silent, history([0.0])) == "It has not answered for 9 s."


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


def wish(step: int | None, move: int) -> dict[str, int | None]:
    return {"step": step, "move": move}


def test_pointer_follows_until_it_is_moved() -> None:
    pointer = Pointer()
    assert [pointer.step(newest) for newest in (3, 5)] == [3, 5]
    pointer.obey(wish(1, 1))
    assert not pointer.follows
    assert pointer.step(7) == 1


def test_pointer_shows_nothing_that_is_not_measured() -> None:
    pointer = Pointer()
    pointer.obey(wish(50, 1))
    assert pointer.step(7) == 7
    assert pointer.step(90) == 50


def test_pointer_follows_again_and_an_older_move_does_not_count() -> None:
    pointer = Pointer()
    pointer.obey(wish(2, 1))
    pointer.obey(wish(None, 2))
    assert pointer.step(8) == 8
    pointer.obey(wish(2, 1))
    assert pointer.follows


def contestant(history: History) -> Contestant:
    layers = plan(tiny_spec().adapted).weighted_layers[:2]
    return Contestant("net", "#0072B2", layers, history)


def test_headline_names_the_stage_that_is_furthest() -> None:
    waits = run("queued", "Waits for a free core.")._replace(started=None, device="")
    imports = run()._replace(device="")
    empty = [contestant(history([])), contestant(history([]))]
    said = words.headline([waits, waits], empty)
    assert said == "Before the first step: waits for a free core."
    assert "has its place and begins" in words.headline([waits, imports], empty)
    assert "built on cpu" in words.headline([imports, run()], empty)
    paused = run("paused")._replace(started=None, device="")
    said = words.headline([paused, paused], empty)
    assert said == "Before the first step: it is paused and has not begun."


def test_headline_counts_nets_and_tells_the_time_left_when_it_is_known() -> None:
    begun, empty = contestant(history([0.0, 0.5, 1.0, 1.5, 2.0])), contestant(history([]))
    queued = run("queued")._replace(started=None)
    assert words.headline([run(), run()], [begun, begun]) == "Nets: 2 training; 8 s left."
    said = words.headline([run(), queued], [begun, empty])
    assert said == "Nets: 1 training, 1 not begun."
    assert words.headline([run("paused")], [begun]) == "Nets: 1 paused."
    assert words.headline([run(), run("finished")], [begun, begun]).endswith("1 done; 8 s left.")
    ends = [run(status) for status in ("finished", "stopped", "failed", "stopped")]
    said = words.headline([run(), *ends], [begun] * 5)
    assert said == "Nets: 1 training, 1 done, 2 stopped, 1 failed; 8 s left."


def test_headline_is_the_verdict_when_the_race_is_over() -> None:
    nets = [contestant(history([0.0, 0.5])), contestant(history([0.0, 0.5]))]
    runs = [run("finished"), run("stopped")]
    assert words.headline(runs, nets) == happened(nets)[0].text
    assert "ended before" in words.headline(runs[:1], [contestant(history([]))])


def test_training_says_each_way_once() -> None:
    specs = tiny_spec(lr=0.01), tiny_spec(lr=0.1, precision="bfloat16")
    slow, fast = (run()._replace(texts={"a": Texts(spec.model_dump_json(), "")}) for spec in specs)
    assert "lr 0.01 or lr 0.1" in words.training([slow, fast])
    assert "bfloat16" in words.training([fast])
    assert words.training([slow, slow]) == words.training([slow])
    spec = tiny_spec(
        subset=500,
        augment="crop_flip",
        nesterov=True,
        schedule="step",
        label_smoothing=0.1,
        clip_grad_norm=2.0,
        compile=True,
    )
    recipe = run()._replace(texts={"a": Texts(spec.model_dump_json(), "")})
    for said in (
        "500 of its images",
        "cropped and mirrored at random",
        "Nesterov momentum 0.9",
        "step schedule (x0.1)",
        "label smoothing 0.1",
        "gradient clipping 2",
        "compilation",
    ):
        assert f", {said}," in words.training([recipe])
        assert said not in words.training([slow])
    pets = tiny_spec().model_copy(update={"dataset": "folder:/home/me/pets", "classes": 3})
    folder = run()._replace(texts={"a": Texts(pets.model_dump_json(), "")})
    assert words.training([folder]).startswith("pets, 32x32 pixels"), "where it is, is no one's"


def test_title() -> None:
    runs = [run()._replace(name=name) for name in "abc"]
    assert words.title(runs) == "a, b against c"
    assert words.title(runs[:1]) == "a"


@pytest.mark.parametrize("race", ["default", "warm-up", "no norm"])
def test_room_is_kept_for_the_verdict_whatever_it_is(race: str) -> None:
    for times in (1, 2):
        nets = [
            replace(net, name=f"{net.name}, lr 0.{number}")
            for number in range(times)
            for net in recorded(race)
        ]
        runs = [run(steps=len(net.history))._replace(name=net.name) for net in nets]
        assert len(words.room(runs)) / 2 < len(happened(nets)[0].text) <= len(words.room(runs))


@pytest.mark.parametrize(
    ("nets", "places", "said"),
    [
        (1, 2, "its net"),
        (2, 2, "both nets"),
        (4, 8, "all 4 nets at once"),
        (4, 2, "the 2 largest of its 4 nets, with 2 at a time,"),
        (2, 1, "the largest of its 2 nets, with 1 at a time,"),
    ],
)
def test_nets_that_take_memory_at_one_time(nets: int, places: int, said: str) -> None:
    assert words.at_once(nets, places) == said


def test_seeds_of_a_net_are_one_line() -> None:
    done = run("finished")._replace(seed=0, steps_done=20)
    now = run()._replace(seed=1)
    waits = run("queued", "Waits for a free core.")._replace(seed=2, started=None, device="")
    none, some = history([]), history([0.0, 0.5, 1.0])
    assert words.seeds_line([(done, some)]) == words.status_line(done, some)
    said = words.seeds_line([(done, some), (waits, none), (now, some)])
    assert said == f"1 of 3 seeds done · seed 1: {words.status_line(now, some)}"
    said = words.seeds_line([(done, some), (waits, none)])
    assert said == "1 of 2 seeds done · seed 2: Waits for a free core."
    assert words.seeds_line([(done, some)] * 2) == "2 of 2 seeds done · last loss 2 to 2"
    stopped, failed = run("stopped"), run("failed")
    said = words.seeds_line([(done, some), (stopped, some), (failed, none)])
    assert said == "1 of 3 seeds done, 1 failed, 1 stopped · last loss 2 to 2"
    assert words.seeds_line([(stopped, none)] * 2) == "0 of 2 seeds done, 2 stopped"
    assert words.status_of([done, now, waits]) == "running"
    assert words.status_of([done, waits]) == "queued"
    assert words.status_of([done, run("failed")]) == "failed"
    assert words.status_of([done, done]) == "finished"
