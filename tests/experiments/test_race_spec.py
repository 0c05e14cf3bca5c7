"""RaceSpec: which runs, in which order."""

from __future__ import annotations

from typing import Any

import pytest

from resnet_viz import RaceSpec
from resnet_viz.arch.config import explain
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from tests.labs import tiny_spec

A, B, C = (tiny_spec(name=name, seed=9) for name in "abc")


def test_the_contestants_of_a_seed_stand_side_by_side() -> None:
    race = RaceSpec(contestants=(A, B, C), seeds=(3, 1))
    order = [(spec.name, spec.seed) for spec in race.runs()]
    assert order == [("a", 3), ("b", 3), ("c", 3), ("a", 1), ("b", 1), ("c", 1)]
    assert [spec.seed for spec in RaceSpec(contestants=(A, B)).runs()] == [0, 0]
    assert RaceSpec.model_validate_json(race.model_dump_json()) == race


def test_a_lab_queues_them_in_that_order(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    race = RaceSpec(contestants=(A, B), seeds=(0, 1))
    runs = lab.race_runs(lab.race(race))
    assert tuple(run.spec for run in runs) == race.runs()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"contestants": ()}, ["contestants", "at least 1"]),
        ({"contestants": (A,) * 7}, ["contestants", "at most 6"]),
        ({"seeds": ()}, ["seeds", "at least 1"]),
        ({"seeds": (1, 2, 3, 4, 5, 6)}, ["seeds", "at most 5"]),
        ({"seeds": (1, 2, 1)}, ["seeds = (1, 2, 1)", "each once"]),
        ({"seeds": (-1,)}, ["seeds", "-1"]),
        ({"seeds": (1.5,)}, ["seeds", "1.5"]),
        ({"laps": 3}, ["laps"]),
    ],
)
def test_bad_races_are_refused_in_one_clear_line(fields: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        RaceSpec(**({"contestants": (A, B)} | fields))
    line = explain(caught.value)
    assert "\n" not in line
    for word in words:
        assert word in line


def test_what_cannot_run_here_is_refused_before_it_is_queued(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("RESNET_VIZ_DATA", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(ValueError, match="python -m resnet_viz data cifar10 --download"):
        lab.race([A, tiny_spec(dataset="cifar10")])
    with pytest.raises(ValueError, match="precision = 'tf32' is for CUDA"):
        lab.start(tiny_spec(precision="tf32", device="auto"))
    assert lab.list() == []


def test_a_runs_contestant_is_its_nets_number(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    race = RaceSpec(contestants=(A, B, A), seeds=(0, 1))
    runs = lab.race_runs(lab.race(race))
    assert [(run.contestant, run.seed) for run in runs] == [
        (n, s) for s in (0, 1) for n in range(3)
    ]
