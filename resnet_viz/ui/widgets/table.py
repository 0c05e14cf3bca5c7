"""Accessible table: readable for screen readers, with its own scroll bar in a narrow window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st

_STYLE = """<style>
.net-table { overflow-x: auto; max-width: 100%; }
.net-table table { border-collapse: collapse; }
.net-table :is(th, td) {
  padding: 0.4rem 0.75rem;
  border: 1px solid color-mix(in srgb, currentColor 25%, transparent);
  text-align: left;
  vertical-align: top;
}
.net-table thead th { vertical-align: bottom; min-width: 9rem; font-weight: 600; }
.net-table thead th:first-child { min-width: 0; }
.net-table tbody th { font-weight: 600; white-space: nowrap; }
.net-table small { display: block; font-size: 0.875rem; white-space: nowrap; }
.net-table tr:has(> :nth-child(6)) :is(th, td) { min-width: 0; padding-inline: 0.5rem; }
.net-table tr:has(> :nth-child(6)) small { white-space: normal; }
.net-table .lines {
  display: inline-grid;
  margin-right: 0.4em;
  padding: 0 0.5em;
  border: solid currentColor;
  border-width: 0 1px;
  border-radius: 4px;
  vertical-align: middle;
}
</style>"""


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Draw `rows` of cells under `head`; the first cell of a row is its heading.

    Cells are HTML: `html.escape` what is not ours. `title` is read by screen readers alone.
    """
    heads = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    label = escape(title)
    st.html(
        f'{_STYLE}<div class="net-table" role="region" tabindex="0" aria-label="{label}">'
        f'<table aria-label="{label}"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
        "</div>"
    )
