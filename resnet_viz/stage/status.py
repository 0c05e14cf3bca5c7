"""Status of a race in words: how far it is, what its nets wait for, why one ended; no Streamlit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from types import MappingProxyType

from resnet_viz.arch.paper_names import paper_name
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.race_summary import verdict
from resnet_viz.quantities.records import History
from resnet_viz.stage.words import COUNTED, ENDED_AT
from resnet_viz.store.run import Run
from resnet_viz.text import Words, capital, duration

_WINDOW = 20
NUMBERS = ("no", "one", "two", "three", "four", "five", "six")
_ENDED = MappingProxyType({"failed": "failed", "interrupted": "was interrupted"})


def progress_sentence(
    runs: Sequence[Run], contestants: Sequence[Contestant], say: Words = str
) -> str:
    """The race in one sentence: the verdict when it is over, else how far it is."""
    if all(run.is_over for run in runs):
        end = say("The race ended before every network had a step.")
        return verdict(contestants, say) or end
    histories = [net.history for net in contestants]
    if not any(map(len, histories)):
        under_way = [run for run in runs if not run.is_over]
        return before_first_step(
            max(under_way, key=lambda run: (run.started is not None, bool(run.device))), say
        )
    if all(map(_is_measured, runs, histories)):
        return say("Measuring how the networks do after their last step...")
    return _counted(runs, histories, say) + _time_left(runs, histories, say)


def _is_measured(run: Run, history: History) -> bool:
    return run.is_over or (run.status == "running" and len(history) == run.steps)


def _counted(runs: Sequence[Run], histories: Sequence[History], say: Words) -> str:
    """ "Training both networks", "One training, one still starting"."""
    states = Counter(map(_state, runs, histories))
    if set(states) == {"paused"}:
        return say("Paused at step {step}").format(step=f"{max(map(len, histories)):,}")
    if set(states) == {"running"}:
        return _training(len(runs), len({run.seed for run in runs}) > 1, say)
    parts = [
        say(text).format(number=_number(states[key], say))
        for key, text in COUNTED.items()
        if states[key]
    ]
    return capital(", ".join(parts))


def _training(runs: int, has_seeds: bool, say: Words) -> str:
    """All are training: several seeds are told as runs."""
    if runs == 1:
        return say("Training the network")
    if runs == 2:
        return say("Training both runs") if has_seeds else say("Training both networks")
    text = say("Training all {number} runs") if has_seeds else say("Training all {number} networks")
    return text.format(number=_number(runs, say))


def _state(run: Run, history: History) -> str:
    has_begun = run.is_over or len(history) or run.status in ("queued", "paused")
    return run.status if has_begun else "starting"


def _time_left(runs: Sequence[Run], histories: Sequence[History], say: Words) -> str:
    """How long the race will take from now, where each run under way has a pace."""
    under_way = [pair for pair in zip(runs, histories, strict=True) if not pair[0].is_over]
    left = [seconds_left(*pair) for pair in under_way]
    known = [seconds for seconds in left if seconds is not None]
    is_held = any(run.status == "paused" for run, _ in under_way)
    if is_held or len(known) < len(left):
        return ""
    return say(", {time} left").format(time=duration(max(known), say))


def card_note(own: Sequence[tuple[Run, History]], say: Words = str) -> str:
    """What is said of a net beside its bar, from its runs; "" where the bar says it all."""
    if len(own) == 1:
        return _note(*own[0], say)
    states = Counter(run.status for run, _ in own)
    done = say("{done} of {seeds} seeds done").format(done=states["finished"], seeds=len(own))
    short = [say(COUNTED[key]).format(number=states[key]) for key in ENDED_AT if states[key]]
    return ", ".join([done, *short])


def _note(run: Run, history: History, say: Words) -> str:
    if run.status == "finished":
        return ""
    if run.is_over:
        return say(ENDED_AT[run.status]).format(step=f"{len(history):,}")
    if run.message:
        return run.message
    if not len(history):
        return before_first_step(run, say)
    if len(history) == run.steps:
        return say("measuring the end...")
    return {"paused": say("paused"), "queued": say("waiting")}.get(run.status, "")


def before_first_step(run: Run, say: Words = str) -> str:
    """What a run does before its first step, from what the store knows of it."""
    if run.started is None and run.status == "paused":
        return say("Paused before the first step")
    if run.started is None:
        return run.message or say("Starting...")
    return say("Building the network...") if run.device else say("Starting...")


def why_over(run: Run) -> str:
    """The reason why a run ended before its last step; "" if there is none."""
    return (
        f"{paper_name(run.name)} {_ENDED[run.status]}: {run.message}"
        if run.status in _ENDED
        else ""
    )


def steps_per_second(history: History) -> float | None:
    """The pace over the last twenty steps; None before there are two."""
    seconds = history.seconds[-_WINDOW:]
    if len(seconds) < 2 or seconds[-1] <= seconds[0]:
        return None
    return float((len(seconds) - 1) / (seconds[-1] - seconds[0]))


def seconds_left(run: Run, history: History) -> float | None:
    """The time until the last step at the present pace; None if it cannot be estimated."""
    rate = steps_per_second(history)
    if rate is None or not run.steps:
        return None
    return (run.steps - len(history)) / min(rate, run.pace or rate)


def pace_words(pace: float | None, say: Words = str) -> str:
    """A pace in words, such as "2 steps/s"."""
    if pace is None:
        return say("Full speed")
    return say("1 step/s") if pace == 1 else say("{pace} steps/s").format(pace=f"{pace:g}")


def _number(number: int, say: Words) -> str:
    return say(NUMBERS[number]) if number < len(NUMBERS) else f"{number:,}"
