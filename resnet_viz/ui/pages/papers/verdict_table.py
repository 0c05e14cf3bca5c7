"""Table of statements: the paper's numbers, ours, and whether they agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from resnet_viz.papers.statements import Judged, Verdict
from resnet_viz.ui.widgets.table import table

_WORDS: Mapping[Verdict, str] = {
    "agrees": "✓ agrees",
    "differs": "✗ does not agree",
    "undecided": "? undecided",
    "not measured": "not measured yet",
}


def verdict_table(title: str, rows: Sequence[Judged]) -> None:
    """Draw the table; `title` is read by screen readers."""
    cells = [
        (
            escape(row.words),
            escape(row.published),
            escape(row.ours),
            f'<span class="papers-verdict">{_WORDS[row.verdict]}</span>',
        )
        for row in rows
    ]
    table(title, ("Statement", "Published", "Ours", "Verdict"), cells)
