"""The engine of a cluster by its name, and what it refuses; ray is not needed for that."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_viz.cluster import engine
from resnet_viz.cluster.engine import RayEngine, chosen_engine
from resnet_viz.cluster.messages import HOST, program, why_refused
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler.heartbeat import LOST_SECONDS
from resnet_viz.store.database import Store
from tests.labs import tiny_spec


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """With a cluster that nobody looks after."""
    monkeypatch.setattr(engine, "find_spec", lambda name: name)
    monkeypatch.setattr(RayEngine, "start", lambda *_: None)
    monkeypatch.setenv(engine.VARIABLE, "ray")
    return Lab(tmp_path)


def test_it_is_chosen_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen_engine("").host == chosen_engine("local").host == ""
    monkeypatch.setenv(engine.VARIABLE, "ray://10.0.0.1:6379")
    one = chosen_engine()
    assert isinstance(one, RayEngine)
    assert one.address == "10.0.0.1:6379"
    with pytest.raises(ValueError, match="'dask' is not known; allowed: local, ray"):
        chosen_engine("dask")


def test_a_gpu_by_its_number_is_refused(lab: Lab) -> None:
    with pytest.raises(ValueError, match="'cuda:1' has no meaning in a cluster"):
        lab.start(tiny_spec(device="cuda:1"))
    assert lab.list() == []


def test_without_ray_nothing_is_queued(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r'pip install "resnet-viz\[cluster\]"'):
        lab.start(tiny_spec())
    assert lab.list() == []


def test_who_waits_is_told_how_many_are_ahead(lab: Lab) -> None:
    ids = [lab.start(tiny_spec(seed=seed)) for seed in range(3)]
    messages = [lab.get(run_id).message for run_id in ids]
    assert messages == [f"Waits for a free place in the cluster: {n} ahead." for n in range(3)]
    assert {lab.get(run_id).host for run_id in ids} == {HOST}


def test_a_cluster_that_is_gone_holds_no_place(lab: Lab) -> None:
    run_id = lab.start(tiny_spec())
    with Store(lab.home).session() as connection:
        connection.execute("UPDATE runs SET status = 'running', heartbeat = heartbeat - 60")
        assert "has not answered for 60 s" in lab.get(run_id).message
        connection.execute("UPDATE runs SET heartbeat = heartbeat - ?", (LOST_SECONDS,))
    run = lab.get(run_id)
    assert (run.status, "for an hour" in run.message) == ("interrupted", True)


def test_other_versions_are_refused() -> None:
    mine = program()
    assert why_refused(mine, dict(mine), "gpu-7") == ""
    why = why_refused(mine, {**mine, "torch": "1.0"}, "gpu-7")
    assert why.startswith("The cluster's machine gpu-7 has torch 1.0, but this one has torch ")
