"""Recording: the default race as it once went, for pages that show one before any was run here.

`python -m resnet_viz.stage.recording` trains it anew and writes the file, with date and machine.
"""

from __future__ import annotations

import gzip
import json
import platform
import time
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from resnet_viz.arch.paper_names import paper_name
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.findings.contestant import contestants_in
from resnet_viz.findings.race_summary import happened
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Feed
from resnet_viz.stage.message import whole_message

FILE = Path(__file__).parent / "recordings" / "default.json.gz"
NETS, STEPS, RATE, EVERY = ("resnet56-cifar", "plain56-cifar"), 60, 0.01, 5


@lru_cache(maxsize=1)
def recording() -> dict[str, Any]:
    """The whole message of the recorded race, with its `date` and the `machine` it ran on."""
    found: dict[str, Any] = json.loads(gzip.decompress(FILE.read_bytes()))
    return found


def record(home: Path) -> dict[str, Any]:
    """Train the default race in a folder, and return its message."""
    lab = Lab(home)
    specs = [
        RunSpec(config=preset(net), name=paper_name(net), steps=STEPS, lr=RATE, measure_every=EVERY)
        for net in NETS
    ]
    race = lab.race(specs)
    while not all(run.is_over for run in lab.race_runs(race)):
        time.sleep(0.5)
    nets = contestants_in(Feed(lab, race).look())
    message = whole_message(nets, STEPS)
    return message | {
        "sentence": happened(nets)[0].text,
        "date": datetime.now(UTC).date().isoformat(),
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
