"""Arguments of another type than is meant: each is named, with what came and what is allowed."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from resnet_viz.callbacks.steps import Steps
from resnet_viz.experiments.race_spec import RaceSpec
from resnet_viz.lab.argument_types import CHECKS
from resnet_viz.lab.lab import Lab
from tests.labs import tiny_spec

NET = nn.Sequential(nn.Linear(2, 2))
OPTIMIZER = torch.optim.SGD(NET.parameters())
OTHERS = {"Engine | None", "Fields", "Files | None", "class_rows.Guess", "bool"}
"""Hints of what a program of others hardly gives, or that are looked at elsewhere."""


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda lab: lab.watch(NET, OPTIMIZER), "name = SGD .* is of type SGD; allowed: text"),
        (lambda lab: lab.watch(OPTIMIZER), "model = SGD .*; allowed: a torch.nn.Module"),
        (lambda lab: lab.watch(NET, blocks="0"), "blocks = '0' is of type str; .* a list of texts"),
        (lambda lab: lab.watch(NET, blocks=[NET]), "blocks = .* list; allowed: a list of texts"),
        (lambda lab: lab.watch(NET, steps="9"), "steps = '9' .* str; .* a whole number, or None"),
        (lambda lab: lab.watch(NET, log_to=OPTIMIZER), "log_to = SGD .*; allowed: text"),
        (lambda lab: Steps(lab, OPTIMIZER, (), ""), "name = SGD .* is of type SGD; allowed: text"),
        (lambda lab: Steps(NET, "", (), ""), "lab = Sequential.*; allowed: a Lab, or None"),
        (lambda lab: lab.start("resnet20"), "spec = 'resnet20' is of type str; .* a RunSpec"),
        (lambda lab: lab.race(tiny_spec()), "specs = .* RunSpec; .* a list of RunSpec, or a Race"),
        (lambda lab: lab.race([tiny_spec()], pace="2"), "pace = '2' .* str; .* a number, or None"),
        (lambda lab: lab.sweep(tiny_spec()), "spec = .* of type RunSpec; allowed: a SweepSpec"),
        (lambda lab: lab.records("a", quantities="loss"), "quantities = 'loss' is of type str"),
        (lambda lab: lab.get(NET), "run_id = Sequential.* is of type Sequential; allowed: text"),
        (lambda lab: lab.rename("a", 5), "name = 5 is of type int; allowed: text"),
        (lambda lab: lab.export("a", 5), "file = 5 is of type int; allowed: a path"),
        (lambda lab: Lab(5), "path = 5 is of type int; allowed: a path, or None"),  # type: ignore[arg-type]
    ],
)
def test_one_sentence_says_it(lab: Lab, call: Callable[[Any], object], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}") as raised:
        call(lab)
    assert re.fullmatch("[^\n]{1,200}", str(raised.value))
    assert lab.list() == []


def test_every_hint_of_a_public_method_is_known() -> None:
    methods = [
        one for name, one in inspect.getmembers(Lab, inspect.isfunction) if not name.startswith("_")
    ]
    for method in (*methods, Lab.__init__, Steps.__init__):
        for name, one in inspect.signature(method).parameters.items():
            assert name == "self" or one.annotation in CHECKS.keys() | OTHERS, (method, name)


def test_what_is_meant_passes(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resnet_viz.scheduler.launcher_client.ensure_launcher", lambda store: None)
    race_id = lab.race(RaceSpec(contestants=(tiny_spec(),)), pace=2)
    (run,) = lab.race_runs(race_id)
    lab.look_at(one.id for one in [run])  # type: ignore[arg-type]  what is read once is no less
    assert lab.records(run.id, quantities={"grad_norm"}) == []
    lab.watch(NET, blocks=("0",), steps=torch.ones(3, 4).shape[0])
