"""Status of a race in words: how far it is, what its nets wait for, why one ended; no Streamlit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from resnet_viz.arch.paper_names import paper_name
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.race_summary import happened
from resnet_viz.quantities.records import History
from resnet_viz.store.run import Run
from resnet_viz.text import count, duration

_WINDOW = 20
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six")
_ENDED = MappingProxyType({"failed": "failed", "interrupted": "was interrupted"})
_COUNTED: Mapping[str, str] = {
    "running": "training",
    "paused": "paused",
    "queued": "waiting",
    "not answering": "not answering",
    "starting": "still starting",
    "finished": "done",
    "stopped": "stopped",
    "failed": "failed",
    "interrupted": "interrupted",
}


def progress_sentence(runs: Sequence[Run], contestants: Sequence[Contestant]) -> str:
    """The race in one sentence: the verdict when it is over, else how far it is."""
    if all(run.is_over for run in runs):
        verdict = next(iter(happened(contestants)), None)
        return verdict.text if verdict else "The race ended before every network had a step."
    histories = [net.history for net in contestants]
    if not any(map(len, histories)):
        under_way = [run for run in runs if not run.is_over]
        return before_first_step(
            max(under_way, key=lambda run: (run.started is not None, bool(run.device)))
        )
    if all(map(_is_measured, runs, histories)):
        return "Measuring how the networks do after their last step..."
    return _counted(runs, histories) + _time_left(runs, histories)


def _is_measured(run: Run, history: History) -> bool:
    return run.is_over or (run.status == "running" and len(history) == run.steps)


def _counted(runs: Sequence[Run], histories: Sequence[History]) -> str:
    """ "Training both networks", "One training, one still starting"."""
    states = Counter(map(_state, runs, histories))
    several = len({run.seed for run in runs}) > 1
    if set(states) == {"paused"}:
        return f"Paused at step {max(map(len, histories)):,}"
    if set(states) == {"running"}:
        whole = f"all {_number(len(runs))}" if len(runs) > 2 else "both"
        whole = "the" if len(runs) == 1 else whole
        noun = "runs" if several else "network" + "s" * (len(runs) > 1)
        return f"Training {whole} {noun}"
    parts = [f"{_number(states[key])} {word}" for key, word in _COUNTED.items() if states[key]]
    text = ", ".join(parts)
    return f"{text[0].upper()}{text[1:]}"


def _state(run: Run, history: History) -> str:
    has_begun = run.is_over or len(history) or run.status in ("queued", "paused")
    return run.status if has_begun else "starting"


def _time_left(runs: Sequence[Run], histories: Sequence[History]) -> str:
    """How long the race will take from now, where each run under way has a pace."""
    under_way = [pair for pair in zip(runs, histories, strict=True) if not pair[0].is_over]
    left = [seconds_left(*pair) for pair in under_way]
    known = [seconds for seconds in left if seconds is not None]
    is_held = any(run.status == "paused" for run, _ in under_way)
    if is_held or len(known) < len(left):
        return ""
    return f", {duration(max(known))} left"


def card_note(own: Sequence[tuple[Run, History]]) -> str:
    """What is said of a net beside its bar, from its runs; "" where the bar says it all."""
    if len(own) == 1:
        return _note(*own[0])
    states = Counter(run.status for run, _ in own)
    short = [f"{states[key]} {key}" for key in ("failed", "interrupted", "stopped") if states[key]]
    return ", ".join([f"{states['finished']} of {count(len(own), 'seed')} done", *short])


def _note(run: Run, history: History) -> str:
    if run.status == "finished":
        return ""
    if run.is_over:
        return f"{run.status} at step {len(history):,}"
    if run.message:
        return run.message
    if not len(history):
        return before_first_step(run)
    if len(history) == run.steps:
        return "measuring the end..."
    return {"paused": "paused", "queued": "waiting"}.get(run.status, "")


def before_first_step(run: Run) -> str:
    """What a run does before its first step, from what the store knows of it."""
    if run.started is None and run.status == "paused":
        return "Paused before the first step"
    if run.started is None:
        return run.message or "Starting..."
    return "Building the network..." if run.device else "Starting..."


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


def pace_words(pace: float | None) -> str:
    """A pace in words, such as "2 steps/s"."""
    if pace is None:
        return "Full speed"
    return "1 step/s" if pace == 1 else f"{pace:g} steps/s"


def _number(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else f"{number:,}"
