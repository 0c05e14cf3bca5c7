"""Card of an exhibit: what the paper states, ours beside it, and the press that measures it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import streamlit as st

from resnet_viz.lab.lab import Lab
from resnet_viz.papers.exhibit import Counted, Exhibit, New, Part, Trained
from resnet_viz.papers.exhibits import exhibits
from resnet_viz.papers.paper import PAPERS
from resnet_viz.papers.reading import judged
from resnet_viz.papers.statements import Judged, Numbers, overall, rules
from resnet_viz.ui.pages.papers import full_length, new_nets, trained_nets
from resnet_viz.ui.pages.papers.verdict_table import verdict_table
from resnet_viz.ui.session.net_url import to_query
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.ui.widgets.page_texts import header, note

LOOK_SECONDS = 2.0


def card(lab: Lab, exhibit: Exhibit) -> None:
    """Draw the card; while its nets train or are measured, it fills in."""
    with st.container(border=True, key=f"papers_card_{exhibit.key}"):
        header(f"{exhibit.label}: {exhibit.title}")
        st.markdown(f"**The paper:** {plain(exhibit.states)}")
        st.markdown(f"**Here:** {plain(exhibit.how)}")
        if exhibit.drawing is not None:
            with st.container(key=f"papers_drawing_{exhibit.key}"):
                st.image(_drawing(exhibit.key), alt=f"{exhibit.label} as a drawing of our nets")
        _nets(exhibit)
        is_moving = _is_moving(lab, exhibit)
        every = LOOK_SECONDS if is_moving else None
        st.fragment(_results, run_every=every)(lab, exhibit, is_moving)
        if exhibit.not_here:
            st.markdown(f"**Not shown here:** {plain(exhibit.not_here)}")
        if exhibit.full is not None:
            full_length.full_length(lab, exhibit.key, exhibit.full)


def all_judged(lab: Lab, exhibit: Exhibit) -> Sequence[Judged]:
    """The statements of an exhibit by what is there for this session."""
    return [row for part, _, numbers in _parts(lab, exhibit) for row in judged(part, numbers)]


@lru_cache(maxsize=32)
def _drawing(key: str) -> str:
    """The SVG of an exhibit's drawing."""
    drawing = exhibits()[key].drawing
    assert drawing is not None
    return drawing().to_svg()


def _nets(exhibit: Exhibit) -> None:
    """Links to the nets that the paper draws or lists."""
    if exhibit.pictures:
        with st.container(horizontal=True, key=f"papers_nets_{exhibit.key}"):
            for name, config in exhibit.pictures.items():
                st.page_link(
                    "pages/architecture.py",
                    label=name,
                    icon=":material/account_tree:",
                    query_params=to_query(config),
                )


def _is_moving(lab: Lab, exhibit: Exhibit) -> bool:
    return any(
        trained_nets.is_under_way(lab, part) for part in exhibit.parts if isinstance(part, Trained)
    )


def _results(lab: Lab, exhibit: Exhibit, was_moving: bool) -> None:
    """The rows with their verdicts, the charts and the presses."""
    parts = list(_parts(lab, exhibit))
    rows: list[Judged] = [row for part, _, numbers in parts for row in judged(part, numbers)]
    said = overall(rows)
    st.markdown(f"**{said[:1].upper()}{said[1:]}.**")
    verdict_table(f"{PAPERS[exhibit.paper].cited}, {exhibit.label}: published and ours", rows)
    note(plain(" ".join(rules(exhibit.statements))))
    for part, slot, numbers in parts:
        if isinstance(part, New):
            new_nets.draw(part, slot, numbers)
    _trained(lab, [(p, slot, numbers) for p, slot, numbers in parts if isinstance(p, Trained)])
    if was_moving and not _is_moving(lab, exhibit):
        st.rerun()


def _trained(lab: Lab, parts: Sequence[tuple[Trained, str, Numbers]]) -> None:
    """The trained parts; those that read different ends of one sweep stand beside each other, and
    have one press."""
    sweeps = list({part.sweep.model_dump_json(): part.sweep for part, *_ in parts}.values())
    for sweep in sweeps:
        own = [one for one in parts if one[0].sweep == sweep]
        for column, (part, slot, numbers) in zip(st.columns(len(own)), own, strict=True):
            with column:
                trained_nets.chart(lab, part, slot, numbers)
        part, slot, _ = own[0]
        trained_nets.press(lab, part, slot)


def _parts(lab: Lab, exhibit: Exhibit) -> Iterator[tuple[Part, str, Numbers]]:
    """The parts, each with its own name on the page and its numbers."""
    for place, part in enumerate(exhibit.parts):
        slot = f"{exhibit.key}_{place}"
        if isinstance(part, Counted):
            yield part, slot, part.count()
        elif isinstance(part, New):
            yield part, slot, new_nets.numbers(part, slot)
        else:
            yield part, slot, trained_nets.numbers(lab, part)
