"""Papers whose figures are measured here, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Paper:
    """A paper: how it is cited, its title, and its number on arXiv."""

    key: str
    cited: str
    title: str
    arxiv: str


PAPERS: Mapping[str, Paper] = MappingProxyType(
    {
        paper.key: paper
        for paper in (
            Paper(
                "he2015",
                "He et al. 2015",
                "Deep Residual Learning for Image Recognition",
                "1512.03385",
            ),
            Paper(
                "he2016",
                "He et al. 2016",
                "Identity Mappings in Deep Residual Networks",
                "1603.05027",
            ),
        )
    }
)
