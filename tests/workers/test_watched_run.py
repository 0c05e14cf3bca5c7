"""Lab.watch: torchvision's resnet18 on a loop of one's own, recorded."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional
from torchvision.models import resnet18

from resnet_viz.findings.theory.layers_left import layers_left
from resnet_viz.lab.lab import Lab


def trained(lab: Lab, steps: int, *, fails_at: int | None = None) -> tuple[str, list[list[float]]]:
    """The run's id, and the gradient norm of each convolution and the classifier by step."""
    torch.manual_seed(0)
    model = resnet18(num_classes=10)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    norms = []
    with lab.watch(model, name="mine", blocks=["layer1.0", "layer4.1"]) as w:
        for step in range(steps):
            images, labels = torch.randn(4, 3, 32, 32), torch.randint(10, (4,))
            optimizer.zero_grad()
            loss = functional.cross_entropy(model(images), labels)
            loss.backward()  # type: ignore[no-untyped-call]
            weights = [model.conv1.weight, model.fc.weight]
            norms.append([p.grad.double().norm().item() for p in weights if p.grad is not None])
            optimizer.step()
            w.step(loss, accuracy=0.5)
            if step == fails_at:
                raise ValueError("a mistake\nof two lines")
        run_id = w.run_id
    return run_id, norms


def test_the_run_has_what_the_loop_had(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    run_id, norms = trained(lab, 3)
    run = lab.get(run_id)
    assert (run.name, run.status, run.steps_done) == ("mine", "finished", 3)
    assert run.params == sum(p.numel() for p in resnet18(num_classes=10).parameters())
    assert run.layer_names[0] == "conv1"
    assert run.layer_names[-1] == "fc"
    assert run.blocks == ("layer1.0", "layer4.1")
    records = lab.records(run_id)
    for record, (first, last) in zip(records, norms, strict=True):
        assert record.accuracy == 0.5
        assert record.grad_norm[0] == pytest.approx(first, rel=1e-4)
        assert record.grad_norm[-1] == pytest.approx(last, rel=1e-4)
    assert set(records[0].values) == set(run.quantities)
    assert {"response_std", "dead_share", "output_rms", "effective_rank"} <= set(run.quantities)
    for name, along in run.quantities.items():
        assert records[0].values[name].shape == (len(along),)


def test_a_program_that_fails_is_a_run_that_failed(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    with pytest.raises(ValueError, match="a mistake"):
        trained(lab, 3, fails_at=1)
    (run,) = lab.list()
    assert (run.status, run.message) == ("failed", "ValueError: a mistake of two lines")
    assert run.steps_done == 2


def test_what_cannot_be_watched_is_no_run(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    for model, blocks, said in (
        (nn.Linear(2, 2), ["layer1"], "layer1"),
        (nn.ReLU(), [], "no convolution or linear layer"),
    ):
        with pytest.raises(ValueError, match=said), lab.watch(model, blocks=blocks):
            pass
    assert lab.list() == []
    with pytest.raises(RuntimeError, match="as a context"):
        lab.watch(nn.Linear(2, 2)).step(1.0)


def test_layers_beside_the_main_path_are_told_from_those_on_it(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    run_id, _ = trained(lab, 1)
    beside = [layer.name for layer in lab.get(run_id).layers if layer.is_beside]
    assert beside == [f"layer{stage}.0.downsample.0" for stage in (2, 3, 4)]
    names, layers = ["layer1.0", "layer4.1"], lab.get(run_id).layers
    left = layers_left(layers, names)
    assert left[0] - left[1] == 14
    assert [layer.position for layer in layers][-1] == 18


def test_of_several_processes_another_than_the_first_records_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    lab = Lab(tmp_path)
    run_id, norms = trained(lab, 1)
    assert (run_id, len(norms), lab.list()) == ("", 1, [])
