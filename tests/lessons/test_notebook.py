"""The student's notebook as a lesson's measurement: what is found is what anyone would compute."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from resnet_viz.experiments.student_notebook.program import FAULTS, source
from resnet_viz.lab.lab import Lab
from resnet_viz.lessons.kinds import notebook
from resnet_viz.lessons.notebook_slot import PROGRAMS, NotebookSlot
from tests.labs import end, wait_until

SLOT = NotebookSlot(kind="notebook", steps=10)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    one = Lab(Path(tmp_path_factory.mktemp("notebook")) / "home")
    yield one
    end(one)


def measured(lab: Lab, *mended: str) -> str:
    ids = notebook.begin(lab, SLOT, "", [fault for fault in FAULTS if fault in mended])
    wait_until(lambda: notebook.look(lab, SLOT, ids).is_over)
    assert notebook.look(lab, SLOT, ids).problem == ""
    return ids


@pytest.fixture(scope="module")
def ids(lab: Lab) -> str:
    return measured(lab)


def test_what_is_found_is_what_torch_computes(lab: Lab, ids: str) -> None:
    """The first loss, and the norms of the first gradients, by a loop of our own in float64."""
    import torch

    from resnet_viz.training.minibatches import batch_indices
    from resnet_viz.training.tensors import load

    outcomes = notebook.found(lab, SLOT, ids).outcomes
    ours = outcomes["only_addition"]
    names: dict[str, type[torch.nn.Module]] = {}
    exec(source([fault for fault in FAULTS if fault != "addition"]), names)  # type: ignore[arg-type]
    torch.manual_seed(0)
    net = names["ResNet34"](channels=1, classes=10, width=16).double()
    data = load("digits", 32)
    chosen = batch_indices(0, 0, 32, len(data))
    images = torch.nn.functional.interpolate(
        data.normalised(data.pixels[chosen]).double(), size=32, mode="bilinear"
    )
    loss = torch.nn.functional.cross_entropy(net(images), data.labels[chosen])
    loss.backward()  # type: ignore[no-untyped-call]
    assert ours.losses[0] == pytest.approx(loss.item(), rel=1e-4)
    weights = [one for one in net.parameters() if one.dim() > 1]
    norms = [None if one.grad is None else one.grad.norm().item() for one in weights]
    assert [one is None for one in norms] == [one is None for one in ours.gradients]
    for found, norm in zip(ours.gradients, norms, strict=True):
        assert found is None or found == pytest.approx(norm, rel=1e-3)
    assert norms[0] is not None
    assert 0 < norms[0] < 1e-12
    assert ours.parameters == sum(one.numel() for one in net.parameters())


def test_facts_tell_the_faults_apart(lab: Lab, ids: str) -> None:
    seen = notebook.look(lab, SLOT, ids)
    assert seen.facts is not None
    outcomes, numbers = seen.facts.outcomes, seen.facts.numbers
    assert outcomes["first_error"] == "name"
    assert outcomes["smallest_gradient"] == "addition"
    assert outcomes["yours"] == "stops"
    assert numbers["error_written"] == "NameError: name 'dim_inc' is not defined"
    assert numbers["line_written"] == "18"
    sizes = numbers["size_only_stride"], numbers["size_mended"]
    assert sizes == ("8\N{MULTIPLICATION SIGN}8", "1\N{MULTIPLICATION SIGN}1")
    assert numbers["error_meant"] == ""
    assert math.isclose(float(numbers["loss_only_addition"]), math.log(10), rel_tol=0.03)


@pytest.mark.parametrize("norm", [0.0, None])
def test_a_gradient_that_does_not_arrive_is_the_smallest(norm: float | None) -> None:
    whole = notebook.Outcome("", 0, {}, 9, [1.0, 2.0], [2.0, 1.0], 0.1)
    outcomes = dict.fromkeys((*PROGRAMS, notebook.YOURS), whole)
    outcomes["only_projection"] = replace(whole, gradients=[norm, 2.0])
    facts = notebook.facts(SLOT, outcomes)
    assert facts.outcomes["smallest_gradient"] == "projection"
    assert facts.numbers["ratio_only_projection"] == "0"
    outcomes["only_addition"] = outcomes["only_projection"]
    assert notebook.facts(SLOT, outcomes).outcomes["smallest_gradient"] == "undecided"


def test_mended_again_only_the_reader_s_program_runs(lab: Lab, ids: str) -> None:
    again = measured(lab, "name", "spelling", "pooling")
    assert again.split(",")[1:] == ids.split(",")[1:]
    found = notebook.found(lab, SLOT, again)
    assert found.mended == ("name", "spelling", "pooling")
    assert found.outcomes["yours"].losses == found.outcomes["made_to_run"].losses
    assert set(found.outcomes) == {*PROGRAMS, "yours"}


def test_ids_of_other_jobs_are_refused(lab: Lab, ids: str) -> None:
    with pytest.raises(ValueError, match="not this lesson's"):
        notebook.look(lab, SLOT, ids.split(",", maxsplit=1)[0])
    with pytest.raises(ValueError, match="not this lesson's"):
        notebook.look(lab, NotebookSlot(kind="notebook", steps=11), ids)
