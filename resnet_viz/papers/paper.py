"""Papers whose figures are measured here, in the order in which they are shown; and its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Paper:
    """A paper: how it is cited, its title, its number on arXiv, and the part it is shown in."""

    key: str
    cited: str
    title: str
    arxiv: str
    part: str = "later"


PAPERS: Mapping[str, Paper] = MappingProxyType(
    {
        paper.key: paper
        for paper in (
            Paper(
                "he2015",
                "He et al. 2015",
                "Deep Residual Learning for Image Recognition",
                "1512.03385",
                "he2015",
            ),
            Paper(
                "he2016",
                "He et al. 2016",
                "Identity Mappings in Deep Residual Networks",
                "1603.05027",
                "he2016",
            ),
            Paper(
                "veit2016",
                "Veit et al. 2016",
                "Residual Networks Behave Like Ensembles of Relatively Shallow Networks",
                "1605.06431",
            ),
            Paper(
                "balduzzi2017",
                "Balduzzi et al. 2017",
                "The Shattered Gradients Problem: If resnets are the answer, then what is the "
                "question?",
                "1702.08591",
            ),
            Paper(
                "goyal2017",
                "Goyal et al. 2017",
                "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour",
                "1706.02677",
            ),
            Paper(
                "li2018",
                "Li et al. 2018",
                "Visualizing the Loss Landscape of Neural Nets",
                "1712.09913",
            ),
            Paper(
                "yang2019",
                "Yang et al. 2019",
                "A Mean Field Theory of Batch Normalization",
                "1902.08129",
            ),
            Paper(
                "de2020",
                "De & Smith 2020",
                "Batch Normalization Biases Residual Blocks Towards the Identity Function in Deep "
                "Networks",
                "2002.10444",
            ),
        )
    }
)
PARTS: Mapping[str, str] = MappingProxyType(
    {"he2015": "He et al. 2015", "he2016": "He et al. 2016", "later": "Later papers"}
)
"""The parts of the page, by their names in links, with their titles."""
