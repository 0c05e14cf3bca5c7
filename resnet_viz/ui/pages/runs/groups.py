"""Groups of runs in the store, by race, with a search; no Streamlit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from resnet_viz.store.run import Run, UnreadableRun
from resnet_viz.store.runs_table import local_time
from resnet_viz.text import byte_size

UNREADABLE = "unreadable"
STATUSES = (
    "running",
    "paused",
    "queued",
    "not answering",
    "finished",
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
        if self.name:
            return self.name
        *others, last = dict.fromkeys(run.name for run in self.runs)
        return f"{', '.join(others)} against {last}" if others else last

    @property
    def created(self) -> float:
        """The time at which it was started, in epoch seconds."""
        return min(run.created for run in self.runs)

    @property
    def is_over(self) -> bool:
        """Whether it is over, so that it may be deleted."""
        return all(isinstance(run, UnreadableRun) or run.is_over for run in self.runs)

    @property
    def detail(self) -> str:
        """The details in one line: time, status and size."""
        counts = Counter(map(status_of, self.runs))
        many = len(self.runs) > 1
        stands = ", ".join(f"{n} {status}" if many else status for status, n in counts.items())
        size = byte_size(sum(run.bytes for run in self.runs))
        return f"{clock(self.created)} · {stands} · {size}"


def groups(
    runs: Sequence[Run | UnreadableRun], names: Mapping[str, str], notes: Mapping[str, str]
) -> Sequence[Group]:
    """The groups of `runs` (the newest first), the newest first."""
    by_race: dict[str, list[Run | UnreadableRun]] = {}
    for run in runs:
        by_race.setdefault(run.race_id or run.id, []).append(run)
    return [
        Group(id, own[::-1], names.get(id, ""), notes.get(id, ""))
        for id, own in by_race.items()  # noqa: A001
    ]


def matching(
    all_groups: Sequence[Group],
    text: str,
    statuses: Collection[str],
    datasets: Mapping[str, str] | None = None,
    dataset: str = "",
) -> Iterator[Group]:
    """The groups with each word of `text` in a name, a note or an id, and with a run of one of
    `statuses` (none given: any), and of `dataset`, by `datasets` of the runs' ids."""
    words = text.casefold().split()
    for group in all_groups:
        names = [group.title, group.note, group.id, *(run.name for run in group.runs if words)]
        searched = " ".join(names).casefold()
        has_words = all(word in searched for word in words)
        has_status = not statuses or any(status_of(run) in statuses for run in group.runs)
        known = (datasets or {}).get
        if has_words and has_status and (not dataset or dataset in map(known, group.ids)):
            yield group


def status_of(run: Run | UnreadableRun) -> str:
    """The status in a word."""
    return UNREADABLE if isinstance(run, UnreadableRun) else run.status


def run_line(run: Run | UnreadableRun, *, has_seeds: bool) -> str:
    """A run in one line, beside others of its race."""
    if isinstance(run, UnreadableRun):
        return f"{run.name}: {UNREADABLE}"
    seed = f", seed {run.seed}" if has_seeds else ""
    return f"{run.name}{seed}: {run.status}, step {run.steps_done:,} of {run.steps or '?'}"


def clock(seconds: float) -> str:
    """The local time, with the year if it is another one; words for a time that no calendar has."""
    when, now = local_time(seconds), datetime.now().astimezone()
    if when is None or seconds == 0:
        return "at an unknown time"
    return when.strftime("%d %b %H:%M" if when.year == now.year else "%d %b %Y %H:%M")
