"""A loop of one's own that is watched: its records are those of train()."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
import torchvision

from resnet_viz.arch.config import revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.quantities.every import weights_every
from resnet_viz.training.loop import train
from resnet_viz.training.watching.watched_model import measurable
from resnet_viz.training.watching.work import Work
from tests.labs import tiny_spec
from tests.training.watched import (
    NET,
    Kept,
    own_loop,
)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"precision": "bfloat16"},
        {"precision": "float16"},
        {"precision": "float16", "clip_grad_norm": 0.5},
        {"clip_grad_norm": 0.5, "optimizer": "adamw", "schedule": "cosine", "lr": 1e-3},
        {"schedule": "step", "warmup_steps": 2},
        {"activation_order": "full_preactivation"},
    ],
    ids=str,
)
def test_a_loop_of_ones_own_gives_the_records_of_train(how: dict[str, object]) -> None:
    order = how.pop("activation_order", "original")
    config = NET.model_copy(update={"activation_order": order})
    spec = tiny_spec(config=config, steps=5, measure_every=2, **how)
    kept = Kept()
    own_loop(spec, kept)
    assert kept.held == {name: one for name, one in spec.quantities.items() if name != "final"}
    records = list(train(spec))
    for one, other in zip(records, kept.records, strict=True):
        assert one.values.keys() - {"final"} == other.values.keys()
        assert other.loss == pytest.approx(one.loss, rel=1e-5)
        for name, values in other.values.items():
            about = {"rtol": 1e-4, "atol": 1e-7, "err_msg": name}
            np.testing.assert_allclose(values, one.values[name], **about)


@pytest.mark.parametrize(("images", "parts"), [(32, 4), (96, 4), (130, 2)])
def test_a_minibatch_in_parts_gives_the_records_of_the_whole(images: int, parts: int) -> None:
    """Every quantity: the rank is of the first 64 images, of up to three parts or of one."""
    config = NET.model_copy(update={"norm": "none", "init": "xavier"})
    spec = tiny_spec(config=config, steps=3, measure_every=2, batch_size=images)
    whole, in_parts, first = Kept(), Kept(), Kept()
    own_loop(spec, whole)
    own_loop(spec, in_parts, parts=parts)
    own_loop(spec.model_copy(update={"batch_size": images // parts}), first)
    for one, other in zip(whole.records, in_parts.records, strict=True):
        assert one.values.keys() == other.values.keys()
        for name, values in one.values.items():
            about = {"rtol": 1e-3, "atol": 1e-7, "err_msg": name}
            np.testing.assert_allclose(other.values[name], values, **about)
    assert whole.held.keys() == {name for name in spec.quantities if name != "final"}
    if parts == 2:
        return  # and so large that some quantities are the first part's, too
    # The parts are not alike: what the first alone says is something else.
    alone, of_all = first.records[0].values, whole.records[0].values
    for name in of_all.keys() - {"weight_norm", "layer_state"}:
        is_same = np.allclose(alone[name], of_all[name], rtol=1e-3, atol=1e-7)
        assert not is_same, name


def test_many_weights_are_looked_at_every_few_steps_alike_in_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Gradients are at each step; what is taken is what it is when all is taken."""
    spec = tiny_spec(config=NET, steps=7, measure_every=4, batch_size=4)
    each = list(train(spec))
    monkeypatch.setattr("resnet_viz.quantities.every.FEW_WEIGHTS", 0)
    monkeypatch.setattr("resnet_viz.quantities.every._MOST_SHARE", 0.1)
    every = spec.weights_every
    assert 1 < every < 6
    kept = Kept()
    own_loop(spec, kept)
    looked = {step for step in range(7) if step % every == 0 or step == 6}
    for whole, run, watched in zip(each, train(spec), kept.records, strict=True):
        some = {"weight_norm", "update_ratio"} if whole.step not in looked else set()
        assert run.values.keys() == whole.values.keys() - some
        for name in run.values:
            np.testing.assert_array_equal(run.values[name], whole.values[name], err_msg=name)
        assert watched.values.keys() == run.values.keys() - {"final"}
        for name, values in watched.values.items():
            about = {"rtol": 1e-4, "atol": 1e-7, "err_msg": name}
            np.testing.assert_allclose(values, run.values[name], **about)
    assert kept.held == {name: one for name, one in spec.quantities.items() if name != "final"}


def test_the_work_of_any_net_is_counted_as_planned() -> None:
    """torchvision's, against our plan of the same net, whose counts are the published ones."""
    net = torchvision.models.resnet18().eval()
    weights, _ = measurable(net)
    work = Work(net, weights)
    hooks = [put() for put in work.hooks()]
    net(torch.zeros(2, 3, 64, 64))
    network = plan(revise(preset("resnet18"), image_size=64))
    assert work._done == 2 * network.macs
    assert work.weights_every(2) == weights_every(network.params, 2 * network.macs) > 1
    for hook in hooks:
        hook.remove()


def test_the_last_step_is_measured_too() -> None:
    records = list(train(tiny_spec(config=NET, steps=4, measure_every=2)))
    assert ["output_rms" in record.values for record in records] == [True, False, True, True]


@pytest.mark.parametrize("of_ones_own", [False, True])
def test_gradients_are_divided_by_the_scale_that_is_in_force(
    of_ones_own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is too large at first is halved at each step that overflows; with a rate of 0 the
    gradients must be those that a smaller scale gives, which never overflows.
    """
    how = {"lr": 0.0, "momentum": 0.0, "precision": "float16"}
    spec = tiny_spec(config=NET, steps=10, measure_every=1, **how)
    found = []
    for power in (12, 24):
        made = partial(torch.amp.GradScaler, init_scale=2.0**power)
        with monkeypatch.context() as patch:
            patch.setattr(torch.amp, "GradScaler", made)
            kept = Kept()
            if of_ones_own:
                own_loop(spec, kept)
            found.append(kept.records if of_ones_own else list(train(spec)))
    small, large = found
    overflowed = sum(not np.isfinite(record.values["grad_total_norm"]) for record in large)
    assert 0 < overflowed < spec.steps - 1
    for one, other in zip(small[overflowed:], large[overflowed:], strict=True):
        for name in one.values.keys() & other.values.keys():
            values = one.values[name], other.values[name]
            np.testing.assert_allclose(*values, rtol=1e-2, atol=1e-6, err_msg=name)
