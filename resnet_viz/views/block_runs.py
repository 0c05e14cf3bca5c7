"""Runs of alike blocks of a stage, which pictures of deep nets draw as one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from resnet_viz.arch.plan import BlockPlan

LONGEST_UNFOLDED = 3
"""Alike blocks in a row that folding leaves as they are."""


def block_runs(
    blocks: tuple[BlockPlan, ...], *, fold: bool, opened: frozenset[str] = frozenset()
) -> Iterator[tuple[BlockPlan, ...]]:
    """The blocks one by one; with `fold` the inner ones of a long run of alike blocks together.

    Blocks in `opened` stand alone.
    """
    for is_open, group in groupby(blocks, key=lambda block: block.name in opened):
        for _, same in groupby(group, key=lambda block: block.unit):
            run = tuple(same)
            if fold and not is_open and len(run) > LONGEST_UNFOLDED:
                yield from (run[:1], run[1:-1], run[-1:])
            else:
                yield from ((block,) for block in run)


def run_path(run: tuple[BlockPlan, ...]) -> str:
    """The path of a block, or of a run such as "stages.0.1-7"."""
    return run[0].name if len(run) == 1 else f"{run[0].name}-{run[-1].index}"
