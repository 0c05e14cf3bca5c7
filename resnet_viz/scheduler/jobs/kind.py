"""Kind: what a job of a kind is, described without torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict


class Report(Protocol):
    """What the work of a job is given, to say how far it is."""

    def __call__(self, share: float, words: str = "") -> None:
        """`share` of the work is done, from 0 to 1; `words` say what is being done."""

    def found(self, result: object) -> None:
        """`result` is there by now, and more will come: whoever asked may show it already."""

    @property
    def folder(self) -> Path:
        """Where the job's files are: those that were handed in, and those that are its result."""


class JobRequest(BaseModel):
    """What a job is asked for; each kind has fields of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Fields = JobRequest | Mapping[str, Any]
"""A request, or its fields by name."""


def _no_work(request: Any, report: Report) -> object:
    raise TypeError("this kind of job has no work")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of jobs.

    `title` begins a sentence, such as "The build". `limit_seconds` is the longest that one may
    take, and `threads` how many it computes with (None: as many as there are cores). The result of
    an `is_shared` kind depends on the request alone: whoever asks the same gets the same job.
    `imports` names modules that its work needs, which the launcher imports once for all.

    `work` gets the request, an instance of the class `request`, and a `Report`. It returns what
    JSON can hold; files it writes to `report.folder`. A ValueError or RuntimeError that it raises
    is a sentence for the user.
    """

    name: str
    title: str
    limit_seconds: float = 600.0
    threads: int | None = 1
    is_shared: bool = False
    imports: tuple[str, ...] = ()
    request: type[JobRequest] = JobRequest
    work: Callable[[Any, Report], object] = _no_work
