"""Recording: the default race as it once went, for pages that show one before any was run here.

`python -m resnet_viz.stage.recording` trains it anew and writes the file, with date and machine.
"""

from __future__ import annotations

import gzip
import json
import platform
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from resnet_viz.arch.paper_names import paper_name
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.starting_points.default_race import STARTING_POINT
from resnet_viz.findings.contestant import contestants_in
from resnet_viz.findings.race_summary import verdict
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Feed
from resnet_viz.stage.message import whole_message
from resnet_viz.stage.words import WORDS
from resnet_viz.store.run import Run
from resnet_viz.text import Words

FILE = Path(__file__).parent / "recordings" / "default.json.gz"


@lru_cache(maxsize=1)
def recording() -> dict[str, Any]:
    """The whole message of the recorded race, with its `date` and the `machine` it ran on, in the
    words of today."""
    found: dict[str, Any] = json.loads(gzip.decompress(FILE.read_bytes()))
    return found | {"words": dict(WORDS)}


def newest_race(lab: Lab) -> str | None:
    """The newest default race that this computer has trained to its end, from any seed."""
    wanted = [spec.model_copy(update={"name": ""}) for spec in STARTING_POINT.specs]
    races: dict[str, list[Run]] = {}
    for run in lab.list():
        if run.race_id:
            races.setdefault(run.race_id, []).insert(0, run)
    for race_id, runs in races.items():
        if len(runs) == len(wanted) and all(map(_is_of, runs, wanted)) and _is_own(lab, race_id):
            return race_id
    return None


def _is_of(run: Run, spec: RunSpec) -> bool:
    if run.status != "finished" or run.steps != spec.steps:
        return False
    with suppress(ValueError):  # it cannot be read
        return run.spec.model_copy(update={"name": "", "seed": spec.seed}) == spec
    return False


def _is_own(lab: Lab, race_id: str) -> bool:
    """Whether the race was not brought in from elsewhere."""
    return lab.may_steer(race_id, lab.steering_key(race_id))


def message_of(lab: Lab, race_id: str, say: Words = str) -> dict[str, Any]:
    """The whole message of a race that is over, with its sentence, in the language of `say`, and
    its date."""
    look = Feed(lab, race_id).look()
    nets = [
        replace(net, name=paper_name(net.name), net_name=paper_name(net.net_name))
        for net in contestants_in(look)
    ]
    ended = max(run.ended or run.created for run in look.runs)
    return whole_message(nets, look.runs[0].steps) | {
        "sentence": verdict(nets, say),
        "date": datetime.fromtimestamp(ended, UTC).date().isoformat(),
    }


def record(home: Path) -> dict[str, Any]:
    """Train the default race in a folder, and return its message."""
    lab = Lab(home)
    race = lab.race(STARTING_POINT.specs)
    while not all(run.is_over for run in lab.race_runs(race)):
        time.sleep(0.5)
    return message_of(lab, race) | {
        "machine": f"{platform.processor() or platform.machine()}, {platform.system()}, "
        f"torch device {lab.race_runs(race)[0].device}",
    }


def main() -> None:
    """Record the race and write the file."""
    with TemporaryDirectory() as home:
        text = json.dumps(record(Path(home)), separators=(",", ":"), allow_nan=False)
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
