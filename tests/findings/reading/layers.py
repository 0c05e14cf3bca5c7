"""What is said of layers and blocks, checked against their rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from resnet_viz.findings.claims.claim import Claim
from tests.findings.reading.means import close
from tests.findings.reading.runs import Check, Race


def _dead(claim: Claim, race: Race) -> None:
    found = []
    for one in race[claim.nets[0]]:
        steps, norms = one.taken("grad_norm")
        norms = norms[:, one.of.main]
        since = norms[steps >= claim.values["step"]]
        gone = (since == 0).all(axis=0) & (norms != 0).any(axis=0)
        found.append(int(gone.sum()))
        assert claim.values["among"] == norms.shape[1]
    assert max(found) >= claim.values["layers"] >= max(1, 0.5 * claim.values["layers"])


def _gradient(claim: Claim, race: Race) -> None:
    """The ratio between the first and the last block's input, and the fit behind the word."""
    ratios, fits = [], []
    for one in race[claim.nets[0]]:
        _, norms = one.taken("grad_input_norm")
        first, last = norms[0, 0], norms[0, -1]
        ratios.append(first / last if last and np.isfinite([first, last]).all() else np.nan)
        usable = np.isfinite(norms[0]).all() and (norms[0] > 0).all()
        if usable and len(norms[0]) > 2:
            blocks = np.arange(len(norms[0]), 0, -1)
            with np.errstate(invalid="ignore"):  # of equal ones there is no correlation
                fits.append(np.corrcoef(blocks, np.log(norms[0]))[0, 1] ** 2)
    word = claim.kind.removeprefix("gradient ")
    if word in ("is 0", "is not finite"):
        assert not np.isfinite(ratios).all() or 0 in ratios
        return
    close(claim.values["ratio_low"], min(ratios))
    close(claim.values["ratio_high"], max(ratios))
    if "rate_low" in claim.values and not 0.5 < min(ratios) <= max(ratios) < 2:
        assert min(fits) > 0.94, "blocks are two layers each but for rounding"
    many = sum(
        {
            "explodes": ratio >= 10,
            "vanishes": ratio <= 0.1,
            "grows": 2 < ratio < 1000,
            "shrinks": 0.001 < ratio < 0.5,
            "keeps its size": 0.5 <= ratio <= 2,
        }[word]
        for ratio in ratios
    )
    assert many >= claim.values["agree"]


def _weights(claim: Claim, race: Race) -> None:
    starts = []
    for one in race[claim.nets[0]]:
        _, norms = one.taken("grad_norm")
        first, last = norms[0, one.of.main[0]], norms[0, one.of.main[-1]]
        is_known = np.isfinite([first, last]).all() and first > 0 and last > 0
        starts.append(first / last if is_known else np.nan)
    close(claim.values["start_low"], float(np.min(starts)))
    close(claim.values["start_high"], float(np.max(starts)))


def _weights_between(claim: Claim, race: Race) -> None:
    assert set(claim.nets) <= set(race.runs)


def _features(claim: Claim, race: Race) -> None:
    firsts, lasts = [], []
    for one in race[claim.nets[0]]:
        _, ranks = one.taken("effective_rank")
        firsts.append(float(np.median(ranks[0])))
        lasts.append(float(np.median(ranks[-1])))
    close(claim.values["first_low"], float(np.min(firsts)))
    close(claim.values["last_high"], float(np.max(lasts)))
    if claim.kind in ("features collapse", "features collapsed"):
        collapsed = [
            one
            for one, last in zip(race[claim.nets[0]], lasts, strict=True)
            if last <= 3 and not one.end_accuracy > 0.3
        ]
        assert len(collapsed) >= claim.values["agree"]
    if claim.kind == "features differ":
        assert (
            sum(last > 3 for last in lasts) >= claim.values["agree"] or not np.isfinite(lasts).all()
        )


def _layer_state(claim: Claim, race: Race) -> None:
    """At the end a run's recorded states have so many layers with that code."""
    found = []
    for one in race[claim.nets[0]]:
        _, states = one.taken("layer_state")
        code = STATES[claim.details["state"]]
        found.append(int((states[-1] == code).sum()) if len(states) else 0)
    assert claim.values["layers"] in found
    assert sum(count > 0 for count in found) == claim.values["runs"]


STATES = {
    "unused": 1,
    "frozen": 2,
    "cleared": 3,
    "not_stepped": 4,
    "not_hooked": 5,
    "not_finite": 6,
}


CHECKS: Mapping[str, Check] = {
    "dead": _dead,
    **{
        f"gradient {word}": _gradient
        for word in (
            "explodes",
            "grows",
            "keeps its size",
            "shrinks",
            "vanishes",
            "is 0",
            "is not finite",
        )
    },
    "layer state": _layer_state,
    "weight gradients": _weights,
    "weight gradients between": _weights_between,
    **dict.fromkeys(
        (
            "features collapse",
            "features collapsed",
            "features come back",
            "features differ",
            "few directions",
            "features not finite",
        ),
        _features,
    ),
}
