"""A Ray cluster on this machine: a head and two machines with one CPU each, on loopback."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

_OBJECTS = 80_000_000
_TRIES = 3
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
        """Those that went come back, one after the other: two at once take each other's names."""
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


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    """For one file: what other tests begin meanwhile would have the cluster's environment."""
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
        one = _begun(folder)
        yield one
        one.close()
        psutil.wait_procs(_begun_in(folder), timeout=60)
        assert _begun_in(folder) == []
    finally:
        for process in _begun_in(folder):  # Ray gives a machine half a minute to begin
            process.kill()
        shutil.rmtree(folder)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _begun(folder: Path) -> Machines:
    """The cluster. Ray gives its processes 15 and 30 s to begin, which cannot be set and is too
    short where others keep the computer busy: then once more."""
    for _ in range(_TRIES - 1):
        with suppress(Exception):  # Ray raises no other
            return Machines()
        for process in _begun_in(folder):
            process.kill()
    return Machines()


def _begun_in(folder: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _is_of(process, folder)]


def _is_of(process: psutil.Process, folder: Path) -> bool:
    """Whether it was begun for the cluster, and is not the test's own process. Ray's agents write
    their titles over their environment, but keep their logs open."""
    try:
        if process.pid == os.getpid():
            return False
        is_told = process.environ().get("RAY_TMPDIR") == str(folder)
        return is_told or any(Path(f.path).is_relative_to(folder) for f in process.open_files())
    except psutil.Error:
        return False
