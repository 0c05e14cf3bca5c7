"""Two processes that train one net together: the first alone records, and the whole gradient."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from resnet_viz import Lab
from tests.callbacks.nets import Row, by_hand, check, data, steps_of

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
SECONDS = 90


def _every_other(rows: Sequence[Row]) -> Sequence[Row]:
    return rows[::2]


def _first_of_each_pair_of_minibatches(rows: Sequence[Row]) -> Sequence[Row]:
    return [*rows[:4], *rows[8:12]]


@pytest.mark.parametrize(
    ("library", "of_the_first"),
    [
        ("lightning", _every_other),
        ("transformers", _first_of_each_pair_of_minibatches),
        ("transformers, told", _first_of_each_pair_of_minibatches),
    ],
)
def test_the_first_of_two_processes_records_the_whole_gradient(
    library: str, of_the_first: Callable[[Sequence[Row]], Sequence[Row]], lab: Lab
) -> None:
    pytest.importorskip(library.partition(",")[0])
    for log in _train(library, lab.home):
        assert "Traceback" not in log, log
    (run,) = lab.list()
    steps = list(steps_of(data(32), 16))
    losses, norms = by_hand(steps)
    own = [by_hand([*steps[:n], of_the_first(rows)])[0][n] for n, rows in enumerate(steps)]
    assert own != pytest.approx(losses, rel=1e-3)
    check(lab, run.id, own, norms)


def _train(library: str, home: Path) -> list[str]:
    """Run both processes to their end, and no longer than `SECONDS`; returns what they said."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "NODE_RANK": "0",
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
    }
    command = [sys.executable, "-m", "tests.callbacks.trained", library, str(home)]
    both = [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env={**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        for rank in range(2)
    ]
    try:
        logs = [one.communicate(timeout=SECONDS)[0] for one in both]
        assert [one.returncode for one in both] == [0, 0], "\n".join(logs)
        for one in both:
            with pytest.raises(ProcessLookupError):
                os.killpg(one.pid, 0)  # nothing that it began is left
        return logs
    finally:
        for one in both:
            with suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
            one.wait()
