"""Groups of runs in the store, by race, with a search; no Streamlit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from resnet_viz.arch.paper_names import paper_name
from resnet_viz.store.run import Run, UnreadableRun
from resnet_viz.store.runs_table import local_time

UNREADABLE, DIVERGED = "unreadable", "diverged"
OUTCOMES = (
    "running",
    "paused",
    "queued",
    "not answering",
    "finished",
    DIVERGED,
    "stopped",
    "failed",
    "interrupted",
    UNREADABLE,
)


@dataclass(frozen=True)
class Group:
    """A race with its runs in order, or a run that is in none; `name` is "" if it has none."""

    id: str
    runs: Sequence[Run | UnreadableRun]
    name: str = ""
    note: str = ""

    @property
    def ids(self) -> Sequence[str]:
        """The runs' ids."""
        return [run.id for run in self.runs]

    @property
    def readable(self) -> Sequence[Run]:
        """The runs that this version can read."""
        return [run for run in self.runs if isinstance(run, Run)]

    @property
    def is_race(self) -> bool:
        """Whether the group is a race."""
        return self.runs[0].race_id == self.id

    @property
    def title(self) -> str:
        """The title: its name, else its nets against each other."""
        *others, last = self.nets
        return self.name or (f"{', '.join(others)} against {last}" if others else last)

    @property
    def nets(self) -> Sequence[str]:
        """Its nets, by their papers' names."""
        return [paper_name(name) for name in dict.fromkeys(run.name for run in self.runs)]

    @property
    def created(self) -> float:
        """The time at which it was started, in epoch seconds."""
        return min(run.created for run in self.runs)

    @property
    def link(self) -> dict[str, str]:
        """What the Race page's address holds to show it."""
        return {"race": self.id} if self.is_race else {"runs": ",".join(self.ids)}

    @property
    def is_known(self) -> bool:
        """Whether the Race page can say something of it."""
        return any(run.status for run in self.runs)

    @property
    def is_over(self) -> bool:
        """Whether it is over, so that it may be deleted."""
        return all(isinstance(run, UnreadableRun) or run.is_over for run in self.runs)

    @property
    def bytes(self) -> int:
        """What its records take."""
        return sum(run.bytes for run in self.runs)

    @property
    def steps(self) -> tuple[int, int]:
        """The steps that the hindmost run of those in training has done, and how many there will
        be: 0 for an unknown number."""
        under_way = [(run.steps_done, run.steps) for run in self.readable if not run.is_over]
        return min([one for one in under_way if one[0]] or under_way, default=(0, 0))

    def seconds(self, now: float) -> float | None:
        """How long it trained, or has by `now`; None before the first run began."""
        started = [run.started for run in self.readable if run.started is not None]
        if not started:
            return None
        ended = [now if run.ended is None else run.ended for run in self.readable if run.started]
        return max(0.0, max(ended) - min(started))


def groups(
    runs: Sequence[Run | UnreadableRun], names: Mapping[str, str], notes: Mapping[str, str]
) -> Sequence[Group]:
    """The groups of `runs` (the newest first), the newest first."""
    by_race: dict[str, list[Run | UnreadableRun]] = {}
    for run in runs:
        by_race.setdefault(run.race_id or run.id, []).append(run)
    return [
        Group(id, own[::-1], names.get(id, ""), notes.get(id, "")) for id, own in by_race.items()
    ]


def matching(
    all_groups: Sequence[Group],
    text: str,
    outcomes: Collection[str],
    datasets: Mapping[str, str] | None = None,
    dataset: str = "",
    *,
    has_diverged: Callable[[Run], bool] = lambda run: False,
) -> Iterator[Group]:
    """The groups with each word of `text` in a name, a note or an id, and with a run of one of
    `outcomes` (none given: any), and of `dataset`, by `datasets` of the runs' ids."""
    words = text.casefold().split()
    for group in all_groups:
        own = [*group.nets, *(run.name for run in group.runs)] if words else []
        names = [group.name, group.note, group.id, *own]
        searched = " ".join(names).casefold()
        has_words = all(word in searched for word in words)
        known = (datasets or {}).get
        if not has_words or (dataset and dataset not in map(known, group.ids)):
            continue
        has_outcome = not outcomes or any(status_of(run) in outcomes for run in group.runs)
        if has_outcome or (DIVERGED in outcomes and any(map(has_diverged, group.readable))):
            yield group


def status_of(run: Run | UnreadableRun) -> str:
    """The status in a word."""
    return UNREADABLE if isinstance(run, UnreadableRun) else run.status


def clock(seconds: float) -> str:
    """The local time, with the year if it is another one; words for a time that no calendar has."""
    when, now = local_time(seconds), datetime.now().astimezone()
    if when is None or seconds == 0:
        return "at an unknown time"
    return when.strftime("%d %b %H:%M" if when.year == now.year else "%d %b %Y %H:%M")
