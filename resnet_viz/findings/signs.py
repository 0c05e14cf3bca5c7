"""Signs that experts check first in the records of a net: words, source, cost and verdict of
each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from resnet_viz.findings import verdicts
from resnet_viz.findings.contestant import Contestant
from resnet_viz.measurements.base.verdict import FEW_DIRECTIONS, TENFOLD, THOUSANDFOLD, Verdict
from resnet_viz.text import ordinal


@dataclass(frozen=True)
class Sign:
    """A sign that experts check in the records.

    `formula` is TeX. `percent` of a step is what it takes at depth 56 when it is taken: at each
    step, or at those that `RunSpec.measure_every` says.
    """

    name: str
    title: str
    sentence: str
    formula: str
    source: str
    percent: float
    each_step: bool
    verdict: Callable[[Contestant], Verdict]

    def cost(self, measure_every: int) -> str:
        """The cost in a run that measures activations so often, in words."""
        if not self.percent:
            return "costs nothing"
        if self.each_step or measure_every == 1:
            return f"costs {self.percent:g} % of each step"
        share = self.percent / measure_every
        every = ordinal(measure_every)
        return f"costs {self.percent:g} % of every {every} step, {share:.2g} % of the run"


SIGNS: Sequence[Sign] = (
    Sign(
        "gradient_ratio",
        "Gradient at the first step",
        "How many times as large the gradient is at the first block's input as at the last's. It "
        f"explodes from {TENFOLD:g} times on if each layer multiplies it by the same factor, else "
        f"from {THOUSANDFOLD:,.0f} times on; it vanishes likewise.",
        r"\|\partial L / \partial x_1\| \;/\; \|\partial L / \partial x_n\|",
        "He et al. 2015, arXiv:1512.03385, 4.1; Yang et al. 2019, arXiv:1902.08129: with batch "
        "norm each layer of a plain net multiplies the gradient by the same factor",
        1.8,
        False,
        verdicts.gradient_ratio,
    ),
    Sign(
        "shortcut_share",
        "The shortcut's share of the gradient",
        "The gradient at a block's input is the sum of a part through the shortcut and one through "
        "the branch; how much of it is the first.",
        r"g_s \cdot g \,/\, \|g\|^2, \quad g = g_s + g_F",
        "He et al. 2016, arXiv:1603.05027, eq. 5 (its two terms)",
        3.8,
        False,
        verdicts.shortcut_share,
    ),
    Sign(
        "branch_variance",
        "Branch variance times k",
        "How much variance a branch adds to what its shortcut passes on, times the block's number "
        "k in its stage. It is about 1 if block k adds 1/k, as in new pre-activation nets with "
        "batch norm, whose later blocks are therefore close to the identity.",
        r"k \, \mathrm{Var}\, F(x) \,/\, \mathrm{Var}\, x",
        "De & Smith 2020, arXiv:2002.10444, sec. 3",
        5.3,
        False,
        verdicts.branch_variance,
    ),
    Sign(
        "effective_rank",
        "Effective rank",
        "In how many directions a block's features differ from image to image. Up to "
        f"{FEW_DIRECTIONS:g}, in a net that does no better than guessing, they are called "
        "collapsed: features that tell C classes apart as far as can be fill C - 1 (Papyan et al. "
        "2020, arXiv:2008.08186).",
        r"\exp\Big(-\sum_i p_i \ln p_i\Big),\; p_i = \lambda_i / \textstyle\sum_j \lambda_j "
        r"\text{ of } K = X X^\top",
        "Roy & Vetterli 2007",
        12,
        False,
        verdicts.effective_rank,
    ),
    Sign(
        "update_ratio",
        "Update ratio",
        "How much a step changes the weights, relative to their size. Far above a thousandth it "
        "overwrites them; far below, the layer hardly changes.",
        r"\|\Delta W\| \,/\, \|W\| \approx 10^{-3}",
        "Karpathy, CS231n notes, Neural Networks Part 3: ratio of weights to updates",
        1.1,
        True,
        verdicts.update_ratio,
    ),
    Sign(
        "first_broken",
        "First value that is not finite",
        "The first inf or NaN in loss, gradients, weights or outputs: where a divergence begins.",
        r"\min\,\{\, t : |v_t| \nless \infty \,\}",
        "the records",
        0,
        True,
        verdicts.first_broken,
    ),
)
"""What is read from the records, in the order an expert looks."""
