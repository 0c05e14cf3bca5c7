"""The plan's time against the depth, up to 10,000 blocks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

from benchmarks.result import Result
from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan

BLOCKS = (1_000, 10_000)


def run() -> Iterator[Result]:
    """Milliseconds for the plan and its headline numbers, and how they grow with the depth."""
    seconds = [_median_seconds(blocks) for blocks in BLOCKS]
    per_block = [taken / blocks for taken, blocks in zip(seconds, BLOCKS, strict=True)]
    for blocks, taken in zip(BLOCKS, seconds, strict=True):
        goal = "< 200 ms" if blocks == max(BLOCKS) else ""
        met = taken < 0.2 if goal else None
        yield Result(f"plan of {blocks:,} blocks", f"{1000 * taken:.1f} ms", goal, met)
    growth = per_block[1] / per_block[0]
    yield Result(
        "time a block, deep over shallow", f"{growth:.2f}", "<= 1.5 (linear)", growth <= 1.5
    )


def _median_seconds(blocks: int) -> float:
    return median(_seconds(ResNetConfig(depths=(blocks,), widths=(16 + i,))) for i in range(7))


def _seconds(config: ResNetConfig) -> float:
    begin = time.perf_counter()
    network = plan(config)
    numbers = (network.params, network.macs, network.depth, network.activation_bytes(1))
    assert all(numbers)
    assert network.shortcuts
    return time.perf_counter() - begin
