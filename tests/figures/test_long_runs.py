"""Of long runs not every step is kept, or drawn: what is said of them says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resnet_viz.figures.heat_maps.heat_maps import heat_maps
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.signs import SIGNS
from resnet_viz.findings.verdicts import first_broken
from resnet_viz.quantities.records import History, StepRecord
from resnet_viz.text import ordinal
from tests.findings.made import contestant

STEPS, KEPT, LAYERS = 6000, 1000, 20


def net(most: int | None, broken: int | None = None) -> Contestant:
    """Norms that are 1, at one step inf; of a long run the feed keeps `most` steps."""
    norms = [np.ones(LAYERS, np.float32) for _ in range(STEPS)]
    if broken is not None:
        norms[broken][0] = np.inf
    records = [StepRecord(s, 1.0, 0.5, 0.1 * s, {"grad_norm": row}) for s, row in enumerate(norms)]
    return replace(contestant("plain20-cifar", 1), history=History(records, most=most))


def title(one: Contestant, window: tuple[int, int] | None = None) -> str:
    return str(heat_maps([one], window=window).layout.annotations[0].text)


def test_a_map_of_which_steps_were_not_kept_says_so() -> None:
    """It said so of steps alone that were left out as it was drawn."""
    kept = net(KEPT)
    x = heat_maps([kept]).data[0].x
    [gap] = set(np.diff(x[:-1]))
    assert gap > 1
    assert f"every {gap:.0f}th step" in title(kept)
    assert "every 4th step" in title(net(None))


def test_a_map_that_is_looked_at_closely_says_what_is_left_out_there() -> None:
    """It said what is left out beside it."""
    coarse, whole = net(KEPT), net(None).history.series("grad_norm")
    for window, every in (((5000, 5500), 1), ((1000, 4000), 2)):
        part = slice(window[0], window[1] + 1, every)
        more = type(whole)(whole.steps[part], whole.values[part])
        close = replace(coarse, history=coarse.history.closer("grad_norm", more))
        x = heat_maps([close], window=window).data[0].x
        inside = x[(x >= window[0]) & (x <= window[1])]
        assert set(np.diff(inside)) == {every}
        assert title(close, window) == "<b>plain20-cifar</b>" + "<br>every 2nd step" * (every == 2)


def test_that_all_is_finite_is_said_of_what_was_looked_at() -> None:
    between = 2 * (KEPT // 2) + 1  # which is not kept
    assert first_broken(net(None, between)).word == f"at step {between}"
    said = first_broken(net(KEPT, between))
    assert said.word == "none"
    assert "all but the loss is looked at every few steps" in said.sentence
    assert "every few" not in first_broken(net(None)).sentence


@pytest.mark.parametrize(
    ("number", "words"),
    [(2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st")],
)
def test_ordinals(number: int, words: str) -> None:
    assert ordinal(number) == words
    share = next(sign for sign in SIGNS if sign.name == "shortcut_share")
    assert f"every {words} step" in share.cost(number)
