"""Table of all exhibits as a Markdown page: published, ours, and whether they agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from resnet_viz.papers.exhibit import Exhibit
from resnet_viz.papers.exhibits import exhibits
from resnet_viz.papers.paper import PAPERS
from resnet_viz.papers.statements import Judged, Verdict, overall, rules

_WORDS: Mapping[Verdict, str] = {
    "agrees": "agrees",
    "differs": "**does not agree**",
    "undecided": "undecided",
    "not measured": "not measured yet",
}
_HEAD = """# The papers' figures and tables

Each statement of a paper, ours beside it, and whether they agree. Nets are trained in small, on
handwritten digits; what that leaves out stands with each figure. The Papers page of the app shows
the same, and trains what is missing by a press.

Written by `resnet-viz papers --markdown docs/papers.md`."""


def markdown(found: Mapping[str, Sequence[Judged]]) -> str:
    """The page; `found` has the judged statements of each exhibit by its key."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Mapping[str, Sequence[Judged]]) -> Iterator[str]:
    yield _HEAD
    yield ""
    every = [one for exhibit in exhibits().values() for one in exhibit.statements]
    for rule in rules(every):
        yield f"* {rule}"
    for paper in PAPERS.values():
        own = [exhibit for exhibit in exhibits().values() if exhibit.paper == paper.key]
        yield ""
        yield f"## {paper.cited}"
        yield ""
        yield f"*{paper.title}*, [arXiv:{paper.arxiv}](https://arxiv.org/abs/{paper.arxiv})"
        for exhibit in own:
            yield from _exhibit(exhibit, found[exhibit.key])


def _exhibit(exhibit: Exhibit, rows: Sequence[Judged]) -> Iterator[str]:
    yield ""
    yield f"### {exhibit.label}: {exhibit.title}"
    yield ""
    yield f"The paper: {exhibit.states}"
    yield ""
    yield f"Here: {exhibit.how}"
    yield ""
    said = overall(rows)
    yield f"**{said[:1].upper()}{said[1:]}.**"
    yield ""
    yield "| statement | published | ours | |"
    yield "|---|---|---|---|"
    for row in rows:
        yield f"| {row.words} | {row.published} | {row.ours} | {_WORDS[row.verdict]} |"
    if exhibit.not_here:
        yield ""
        yield f"Not shown here: {exhibit.not_here}"
