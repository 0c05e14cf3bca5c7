"""Rows of the papers' figures and tables, pressed as the Papers page and `resnet-viz papers` do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.science.row import Measured, Missing, Stated
from resnet_viz.lab.lab import Lab
from resnet_viz.papers.exhibits import exhibits
from resnet_viz.papers.measuring import complete, new_results
from resnet_viz.papers.paper import PAPERS


def papers(_seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """The papers' figures and tables, in the folder RESNET_VIZ_HOME, which keeps what is trained.

    Their sweeps say how many seeds there are. If it is to be quick, nothing is trained.
    """
    lab = Lab()
    for exhibit in exhibits().values():
        name = f"{PAPERS[exhibit.paper].cited}, {exhibit.label}"
        for one in (new_results if quick else complete)(lab, exhibit, lambda _: None):
            what = f"{name}: {one.words}"
            if one.verdict == "not measured":
                yield Missing(what, "it takes training")
            else:
                yield Stated(what, one)
