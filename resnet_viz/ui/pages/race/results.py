"""Results of a finished race: why it went as it did, its numbers, and files to download."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from resnet_viz.figures.why_chart import why_chart
from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.outcome_card import OutcomeCard, outcome_card
from resnet_viz.findings.race_summary import claims as claims_of
from resnet_viz.findings.result_table import Cell, result_rows, transposed
from resnet_viz.findings.why import WhyStep, why
from resnet_viz.findings.words.sentences import Sentence, sentences
from resnet_viz.lab.lab import Lab
from resnet_viz.report.report import report_of
from resnet_viz.stage import status
from resnet_viz.store.run import Run
from resnet_viz.text import and_words
from resnet_viz.ui.components.charts.live_chart import live_chart
from resnet_viz.ui.pages.race import words
from resnet_viz.ui.pages.race.again import more_seeds, try_again
from resnet_viz.ui.pages.race.film import film
from resnet_viz.ui.pages.race.live.live import contestants_of
from resnet_viz.ui.pages.race.live.pictures import key_of_chart
from resnet_viz.ui.pages.race.state import RaceView, is_together
from resnet_viz.ui.pages.race.view_url import WHY, panel
from resnet_viz.ui.widgets.downloads import take_away
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.ui.widgets.page_texts import header

CARDS: Mapping[str, tuple[str, str]] = {
    "curves": ("How well they learnt", "See loss and accuracy"),
    "gradients": ("The gradient", "See it layer by layer"),
    "through_time": ("Features and updates", "See them through time"),
}
"""The titles of the cards, and of their links to the chart that their sentences are of."""

WHY_HEIGHT = 250
"""Pixels of a small picture."""


def results(lab: Lab, view: RaceView) -> None:
    """Draw how the race ended, why, and the evidence."""
    contestants = contestants_of(view)
    header("What happened")
    claims = view.look.once("claims", lambda: claims_of(contestants))
    card = _card(view.runs, contestants, claims)
    with st.container(border=True, key="race_outcome"):
        st.markdown(f"### {plain(card.title)}\n\n{plain(card.sentence)} {plain(card.advice)}")
        with st.container(horizontal=True, vertical_alignment="center"):
            try_again(lab, view, card.remedy)
            more_seeds(lab, view)
            _downloads(lab, view)
    if not any(len(contestant.history) for contestant in contestants):
        return
    unfolded = panel("Why? In three steps", WHY)
    if unfolded.open:
        with unfolded:
            _steps(why(contestants, claims))
    with st.expander("Statistics and all numbers"):
        _cards(sentences(claims)[1:])
        rows = result_rows(contestants, [run.params for run in view.runs])
        st.table(_transposed(rows), border="horizontal")
    film(view)


def _card(
    runs: Sequence[Run], contestants: Sequence[Contestant], claims: Sequence[Claim]
) -> OutcomeCard:
    """The outcome; of a race in which a net failed, that it did."""
    failed = [net for run, net in zip(runs, contestants, strict=True) if status.why_over(run)]
    if not any(len(net.history) for net in contestants):
        title = "The race failed" if failed else "Stopped before the first step"
        advice = "The message above says why." if failed else ""
        return OutcomeCard(title, "No network came to its first step.", advice)
    card = outcome_card(claims)
    if not failed:
        return card
    names = and_words([net.name for net in failed])
    return OutcomeCard(f"{names} failed", card.sentence, "The message above says why.")


def _steps(steps: Sequence[WhyStep]) -> None:
    """The three steps side by side, each a small picture and what it shows."""
    with st.container(key="race_why"):
        columns = st.columns(len(steps), gap="small")
    for place, (step, column) in enumerate(zip(steps, columns, strict=True)):
        text = " ".join(filter(None, step.sentences))
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{step.title}**")
            if step.lines:
                live_chart(why_chart(step), f"race_why_{place}", WHY_HEIGHT, alt=text)
            st.markdown(plain(text))


def _cards(said: Sequence[Sentence]) -> None:
    """A card for each chart that sentences are of, side by side."""
    texts: dict[str, list[str]] = {}
    for one in said:
        texts.setdefault(one.plot, []).append(one.text)
    places = [place for place in CARDS if place in texts]
    if not places:
        return
    with st.container(key="race_findings"):
        columns = st.columns(len(places), gap="small")
    for place, column in zip(places, columns, strict=True):
        title, link = CARDS[place]
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{title}**")
            lines = "\n".join(f"- {plain(text)}" for text in texts[place])
            st.markdown(f"{lines}\n\n[{link}](#{key_of_chart(place)})")


def _downloads(lab: Lab, view: RaceView) -> None:
    """The report, and what was measured."""
    st.download_button(
        "Download the report",
        lambda: report_of(view.look, lab.measured),
        file_name=f"race-{view.race_id[:8]}.html",
        mime="text/html",
        icon=":material/description:",
        help="One HTML file that replays the race without a server, and prints.",
        on_click="ignore",
    )
    with st.popover("Export", icon=":material/download:"):
        race_id = None if is_together(view.race_id) else view.race_id
        take_away(lab, race_id, words.title(view.runs), view.runs, "race_take")


def _transposed(rows: Sequence[Mapping[str, Cell]]) -> dict[str, list[str]]:
    """One column per net, one row per quantity: what is to be compared stands side by side."""
    cells = transposed(rows)
    table = {"": list(cells)}
    for place, row in enumerate(rows):
        table[plain(str(row["net"]))] = [texts[place] for texts in cells.values()]
    return table
