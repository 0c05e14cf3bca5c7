"""Paths view: a small residual net unravelled into its 2^n paths, drawn and lit one by one."""

from __future__ import annotations

from collections.abc import Mapping

from resnet_viz.ui.components.component import component

MOST_BLOCKS = 5
_VIEW = component(__file__, "paths_view", is_isolated=False)


def paths_view(blocks: int, key: str, words: Mapping[str, str]) -> None:
    """Draw the net of so many blocks (at most five) and its paths: through each block's branch, or
    past it (Veit et al. 2016, Fig. 1). `words` has the texts "path", "length", "without" and
    "all"."""
    _VIEW(key=key, data={"blocks": min(blocks, MOST_BLOCKS), "words": dict(words)})
