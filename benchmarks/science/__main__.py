"""python -m benchmarks.science: what the lessons are built on, repeated from the public API.

Each row is measured on handwritten digits 8x8, batch 64, SGD momentum 0.9, weight decay 1e-4, one
thread, by the functions that the Papers page presses; the folder RESNET_VIZ_HOME keeps what was
trained, and nothing is trained twice. Ours are ranges over the seeds and stand beside what was
reported for another implementation of the same nets. The status is 1 where a row is not reproduced.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

import torch
from rich.console import Console

from benchmarks.science import looked_at, new_nets, paper_figures, trained_nets
from benchmarks.science.row import RULE, Measured, Missing, Part, Row, Stated, span

SEEDS = (0, 1, 2, 3, 4)
PARTS: Mapping[str, Part] = MappingProxyType(
    {
        "init": new_nets.at_start,
        "growth": new_nets.growth,
        "mean_field": new_nets.mean_field,
        "shattering": new_nets.shattering,
        "shares": new_nets.shares,
        "branches": new_nets.branches,
        "precision": new_nets.precision,
        "race": trained_nets.race,
        "rates": trained_nets.rates,
        "rank": looked_at.rank,
        "curvature": looked_at.curvature,
        "degradation": trained_nets.degradation,
        "no_rescue": trained_nets.no_rescue,
        "transforms": trained_nets.transforms,
        "orders": trained_nets.orders,
        "preactivation": trained_nets.preactivation,
        "lesions": looked_at.lesions,
        "paths": looked_at.paths,
        "landscape": looked_at.landscape,
        "responses": looked_at.responses,
        "zeros": looked_at.zeros,
        "fashion": trained_nets.fashion,
        "deepest": trained_nets.deepest,
        "papers": paper_figures.papers,
    }
)


def measured(part: str, seeds: Sequence[int], quick: bool) -> Iterator[Measured]:
    """The rows of a part, each as soon as it is measured; one that fails is a row that says so."""
    try:
        yield from PARTS[part](seeds, quick)
    except Exception as error:  # noqa: BLE001  the other parts' rows are not lost
        yield Missing(part, f"failed: {type(error).__name__}: {error}")


def line(row: Measured) -> str:
    """A row as it is printed."""
    if isinstance(row, Missing):
        return f"  NOT MEASURED {row.what}: {row.why}"
    word = "reproduced" if row.is_reproduced else "NOT REPRODUCED"
    if isinstance(row, Stated):
        return f"  {word}: {row.what}: {row.judged.ours} (published: {row.judged.published})"
    return f"  {word}: {row.what}: {span(row.ours)} (reported: {row.reported_words})"


def table(parts: Mapping[str, Sequence[Measured]], seeds: Sequence[int]) -> str:
    """All rows as a Markdown page."""
    rows = [row for own in parts.values() for row in own if not isinstance(row, Missing)]
    good = sum(row.is_reproduced for row in rows)
    text = [
        "# What the lessons are built on\n",
        f"Written by `python -m benchmarks.science --markdown FILE`, seeds {span(seeds)}: "
        f"{good} of {len(rows)} rows are reproduced. {RULE}\n",
        "A deep plain net's course is chaotic and differs between machines; what is not reproduced "
        "is printed as it is.\n",
    ]
    for part, of_part in parts.items():
        text += [f"## {str(PARTS[part].__doc__).strip()}\n", "| row | seeds | ours | reported | |"]
        text.append("|---|---|---|---|---|")
        for row in of_part:
            if isinstance(row, Missing):
                text.append(f"| {row.what} | | not measured: {row.why} | | |")
                continue
            word = "reproduced" if row.is_reproduced else "**not reproduced**"
            cells = (row.what, *_cells(row), word)
            text.append("| " + " | ".join(cells) + " |")
        text.append("")
    return "\n".join(text)


def _cells(row: Row | Stated) -> tuple[str, str, str]:
    """Seeds, ours and what was reported."""
    if isinstance(row, Stated):
        return "", row.judged.ours, row.judged.published
    return str(len(row.ours)), span(row.ours), row.reported_words


def main(arguments: Sequence[str]) -> int:
    """Print the rows of the parts asked for, each as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.science", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0; 3 unless said")
    parser.add_argument("--quick", action="store_true", help="one seed, and fewer nets")
    parser.add_argument("--markdown", type=Path, help="write the table into this file, too")
    given = parser.parse_args(arguments)
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if not 1 <= given.seeds <= len(SEEDS):
        parser.error(f"--seeds {given.seeds} is not allowed; allowed are 1 to {len(SEEDS)}")
    torch.set_num_threads(1)
    seeds = SEEDS[: 1 if given.quick else given.seeds]
    show = partial(Console(highlight=False, soft_wrap=True).print, markup=False)
    show(RULE)
    parts: dict[str, list[Measured]] = {}
    for part in given.parts or PARTS:
        begin, parts[part] = time.perf_counter(), []
        show(f"{part}: {str(PARTS[part].__doc__).strip()}")
        for row in measured(part, seeds, given.quick):
            parts[part].append(row)
            show(line(row))
        show(f"  {time.perf_counter() - begin:.0f} s")
        if given.markdown:
            given.markdown.write_text(table(parts, seeds) + "\n", encoding="utf-8")
    rows = [row for of_part in parts.values() for row in of_part]
    missed = [row for row in rows if isinstance(row, Missing) or not row.is_reproduced]
    show(f"{len(rows) - len(missed)} of {len(rows)} rows reproduced")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
