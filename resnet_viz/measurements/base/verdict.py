"""Verdict: a word and a sentence on a net, and what verdicts share: thresholds and their words."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10

import numpy as np

from resnet_viz.text import number

MOST = 0.5
UNLEARNT = 0.5
"""Of all answers that are wrong, or of a guess's loss: from here on a net has learnt too little for
what was measured to say much."""
NEAR_ONE = 2.0
"""Of branch variance times k: within a factor of two of 1/k."""
FEW_DIRECTIONS = 3.0
"""Features of so few directions are called collapsed. Those that tell C classes apart as far as can
be fill C - 1 (Papyan et al. 2020, arXiv:2008.08186), nine where there are ten; what is seen of nets
that learn lies above twenty, of those that do not between one and three."""
FITS = 0.95
"""R squared from which one factor per layer is named. Measured at step 0 over depths 14 to 110:
plain nets 0.99 and more, nets with option A or B shortcuts 0.77 to 0.92."""
TENFOLD, THOUSANDFOLD = 10.0, 1000.0
"""A gradient that one factor per layer multiplies explodes, or vanishes, from ten times on; without
one that fits, from a thousand times on."""
ALIKE = 2.0
"""Below this factor two norms are called alike: minibatches differ by as much."""
_EPSILON = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Verdict:
    """What something measured says of a net: a `word` or two for a glance, and the sentence with
    the numbers.

    `value` is the number that it rests on; None where there is none.
    """

    word: str
    sentence: str
    value: float | None = None


def if_finite(value: float, word: str, sentence: str) -> Verdict:
    """The verdict that rests on `value`; another where that is no number."""
    if np.isfinite(value):
        return Verdict(word, sentence, value)
    return Verdict("not finite", "What was measured is inf or NaN.", value)


def k_word(value: float) -> str:
    """What a branch does that adds `value` / k of the variance in block k."""
    if value == 0:
        return "adds nothing"
    if value < 1 / NEAR_ONE:
        return "adds little"
    return "adds about 1/k" if value <= NEAR_ONE else "adds much"


def can_tell(images: float) -> bool:
    """Whether few directions are few of so many images: their features fill one less at most."""
    return images > 2 * FEW_DIRECTIONS


def flow_word(ratio: float, *, is_steady: bool) -> str:
    """What a gradient does that is `ratio` times as large at the input as at the output, by one
    factor per layer (`is_steady`) or not."""
    least = TENFOLD if is_steady else THOUSANDFOLD
    if ratio >= least:
        return "explodes"
    if ratio <= 1 / least:
        return "vanishes"
    if 1 / ALIKE <= ratio <= ALIKE:
        return "keeps its size"
    return "grows" if ratio > 1 else "shrinks"


_TWO_DIGITS = 1000.0


def ratio_words(ratio: float) -> str:
    """A ratio of gradients with the digits that float32 carries.

    What multiplies a gradient by 10^6 multiplies rounding errors as well: at depth 110 a plain
    net's ratio is 4.0e6 in float32 and 4.5e6 in float64; at depth 56 processors differ by 1 %. So
    digits are left out as it grows: from 1,000 on there are at most two, and from 10^7 on (or below
    10^-7) only the power of ten is said.
    """
    if not np.isfinite(ratio) or ratio <= 0:
        return number(ratio)
    size = max(ratio, 1 / ratio)
    error = _EPSILON * size
    if error >= 1:
        return f"about 10^{round(log10(ratio))}"
    digits = min(3 if size < _TWO_DIGITS else 2, max(1, floor(-log10(error))))
    return number(float(f"{ratio:.{digits - 1}e}"), digits)
