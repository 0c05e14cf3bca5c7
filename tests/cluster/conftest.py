"""A Ray cluster on this machine: a head and two machines with one CPU each, on loopback."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

_OBJECTS = 80_000_000
# A machine that is gone is noticed sooner than after fifteen seconds.
_QUICK = {"health_check_initial_delay_ms": 1000, "health_check_period_ms": 1000}


class Machines:
    """The cluster, and what its machines run."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        head = {"_system_config": _QUICK}
        self._cluster = Cluster(initialize_head=True, head_node_args=self._node(2, 0) | head)
        self.address = str(self._cluster.address)
        self._nodes: dict[int, Any] = {}
        self._lost = [3, 4]
        self.mend()

    def kill(self, address: str) -> None:
        """A machine goes without a word, and its workers with it."""
        (number,) = [n for n, node in self._nodes.items() if node.node_ip_address == address]
        self._cluster.remove_node(self._nodes.pop(number), allow_graceful=False)
        self._lost.append(number)

    def worker_on(self, address: str) -> psutil.Process:
        """The process that trains a run there."""
        (node,) = [node for node in self._nodes.values() if node.node_ip_address == address]
        raylet = psutil.Process(node.all_processes["raylet"][0].process.pid)
        (worker,) = [one for one in raylet.children() if one.name().startswith("ray::work")]
        return worker

    def mend(self) -> None:
        """Those that went come back."""
        while self._lost:
            number = self._lost.pop()
            self._nodes[number] = self._cluster.add_node(**self._node(number, 1))

    def close(self) -> None:
        self._cluster.shutdown()

    @staticmethod
    def _node(number: int, cpus: int) -> dict[str, Any]:
        # With 127.0.0.1 Ray takes the host's own address instead.
        address = {"node_ip_address": f"127.0.0.{number}", "include_dashboard": False}
        return address | {"num_cpus": cpus, "num_gpus": 0, "object_store_memory": _OBJECTS}


@pytest.fixture(scope="session")
def machines() -> Iterator[Machines]:
    pytest.importorskip("ray", reason="ray is not installed: pip install ray")
    with cluster() as one:
        yield one


@contextmanager
def cluster() -> Iterator[Machines]:
    """A cluster whose files are in a folder of its own, which is removed with its processes."""
    folder = Path(tempfile.mkdtemp(prefix="rv-"))  # the names of sockets in it are bounded
    settings = {"RAY_TMPDIR": str(folder), "RAY_USAGE_STATS_ENABLED": "0"}
    before = {name: os.environ.get(name) for name in settings}
    os.environ |= settings
    try:
        one = Machines()
        yield one
        one.close()
        psutil.wait_procs(_begun_in(folder), timeout=30)
        assert _begun_in(folder) == []
    finally:
        for process in _begun_in(folder):  # Ray gives a machine half a minute to begin
            process.kill()
        shutil.rmtree(folder)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _begun_in(folder: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _is_of(process, folder)]


def _is_of(process: psutil.Process, folder: Path) -> bool:
    """Whether it was begun for the cluster, and is not the test's own process."""
    try:
        is_me = process.pid == os.getpid()
        return not is_me and process.environ().get("RAY_TMPDIR") == str(folder)
    except psutil.Error:
        return False
