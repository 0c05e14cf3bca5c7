"""Gallery of the documentation: ten recorded races, and a report of each.

    python -m docs.tools.gallery --record   trains them again, and keeps them in docs/races/
    python -m docs.tools.gallery FOLDER     writes the reports into FOLDER

A race is kept as the file that `resnet-viz runs export` writes, compressed. A report takes some
2.5 MB, so reports are made when the documentation is built.
"""

from __future__ import annotations

import gzip
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from resnet_viz.experiments.starting_points import starting_points
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Feed
from resnet_viz.report.report import report_of

RACES = Path(__file__).parents[1] / "races"
ENDING = ".sqlite3.gz"
_POLL_SECONDS = 0.5
NAMES: Mapping[str, str] = {
    "default-race": "Default race",
    "depth-hurts": "Depth hurts",
    "remove-a-block": "Remove a block",
    "no-norm": "No norm",
    "preactivation": "Pre-activation",
    "shortcut-transforms": "Shortcut transforms",
    "zero-init": "Zero-init",
    "learning-rates": "Two learning rates",
    "forgetting-the-addition": "Forgetting the addition",
    "no-last-activation": "No activation after the addition",
}
"""A race's file and report, and the starting point that it is of."""


def record(names: Sequence[str] = ()) -> None:
    """Train the races again, one after another, and keep each as a file, without weights."""
    os.environ["RESNET_VIZ_CHECKPOINTS"] = "0 MB"
    with TemporaryDirectory() as home:
        lab = Lab(home)
        for name in names or NAMES:
            race_id = lab.race(starting_points()[NAMES[name]].specs)
            while not all(run.is_over for run in lab.race_runs(race_id)):
                time.sleep(_POLL_SECONDS)
            file = Path(home) / f"{name}.sqlite3"
            lab.export(race_id, file)
            RACES.mkdir(exist_ok=True)
            kept = gzip.compress(file.read_bytes(), mtime=0)
            (RACES / f"{name}{ENDING}").write_bytes(kept)
            print(f"{name}: {len(kept):,} bytes", flush=True)


def reports(names: Sequence[str] = tuple(NAMES)) -> Iterator[tuple[str, str]]:
    """The names of recorded races, and their reports."""
    with TemporaryDirectory() as home:
        lab = Lab(home)
        for name in names:
            file = Path(home) / "race.sqlite3"
            file.write_bytes(gzip.decompress((RACES / f"{name}{ENDING}").read_bytes()))
            look = Feed(lab, lab.import_(file)).look()
            yield name, report_of(look, lab.measured)


def write(folder: Path) -> None:
    """Write the reports."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, report in reports():
        (folder / f"{name}.html").write_text(report, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--record"]:
        record(sys.argv[2:])
    else:
        write(Path(sys.argv[1]))
