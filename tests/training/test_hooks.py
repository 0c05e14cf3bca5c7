"""Quantities of activations and gradients against a forward pass of their own in float64.

The reference walks through the net's parts with an input of its own for branch and shortcut, and
takes what it needs by torch.autograd.grad and numpy; it has no hooks and no views.
"""

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.nets.network import ResNet, build_resnet
from resnet_viz.quantities import held_by
from resnet_viz.quantities.points import responding
from resnet_viz.quantities.records import Floats
from resnet_viz.training.hooks import tap
from resnet_viz.training.loop import train
from resnet_viz.training.passing import to_host
from resnet_viz.training.probes import Instruments
from tests.configs import configs, examples
from tests.labs import tiny_spec

BASE: dict[str, Any] = {
    "depths": (2, 1, 1),
    "widths": (6, 8, 10),
    "stem": "cifar",
    "image_size": 8,
    "in_channels": 1,
    "num_classes": 10,
}
ORDERS = (
    "original",
    "norm_after_addition",
    "relu_before_addition",
    "relu_only_preactivation",
    "full_preactivation",
)
SHORTCUTS = ("none", "zero_pad", "projection", "projection_all", "avgpool_projection")
TRANSFORMS = ("scaled", "exclusive_gate", "shortcut_only_gate", "conv1x1", "dropout")
OTHERS: dict[str, dict[str, Any]] = {
    "squeeze-and-excitation": {"attention": "se", "se_reduction": 2},
    "bottleneck": {"block": "bottleneck", "expansion": 2},
    "no norm": {"norm": "none", "conv_bias": True},
    "group norm": {"norm": "group", "activation": "silu"},
    "dropout": {"dropout": 0.3},
    "skipinit": {"residual_scale": "skipinit"},
    "stochastic depth": {"stochastic_depth": 0.7},
    "no final activation": {"final_activation": False},
    "deep stem": {"stem": "deep", "stem_width": 6, "image_size": 32},
    "downsampling last": {"downsample_at": "last", "block": "bottleneck", "stride_on": "1x1"},
}
CASES = (
    {f"{o}, {s}": {"activation_order": o, "shortcut": s} for o in ORDERS for s in SHORTCUTS}
    | {
        f"{o}, {t}": {"activation_order": o, "shortcut_transform": t}
        for o in ORDERS
        for t in TRANSFORMS
    }
    | OTHERS
)
ALONG_BLOCKS = (
    "branch_rms",
    "output_rms",
    "effective_rank",
    "branch_ratio",
    "grad_input_norm",
    "grad_shortcut_norm",
    "grad_branch_norm",
    "grad_cosine",
)


pytestmark = pytest.mark.usefixtures("one_thread")


def measured(net: ResNet, images: Tensor, labels: Tensor) -> dict[str, Floats]:
    """All quantities of one step, without an update."""
    network = plan(net.config)
    layers = [net.get_parameter(f"{layer.name}.weight") for layer in network.weighted_layers]
    held = held_by(network, evaluated=False)
    instruments = Instruments(layers, net.parameters(), held, partial(tap, net))
    instruments.arm(0)
    loss = functional.cross_entropy(net(images), labels)
    instruments.after_forward()
    loss.backward()  # type: ignore[no-untyped-call]
    instruments.after_backward()
    return to_host([loss.detach()], instruments.collect())[1]


def norm(tensor: Tensor) -> float:
    return float(np.linalg.norm(tensor.detach().double().numpy()))


def rms(tensor: Tensor) -> float:
    return float(np.sqrt(np.mean(tensor.detach().double().numpy() ** 2)))


def rank(tensor: Tensor) -> float:
    """exp of the entropy, from singular values; NaN where images are alike but for rounding."""
    rows = tensor.detach().double().numpy().reshape(len(tensor), -1)
    centred = rows - rows.mean(0)
    least = 1e-2 if tensor.dtype == torch.float32 else 1e-8
    if np.linalg.norm(centred) <= least * np.linalg.norm(rows):
        return float("nan")
    sizes = np.linalg.svd(centred, compute_uv=False) ** 2
    shares = sizes[sizes > 1e-14 * sizes.sum()] / sizes.sum()
    return float(np.exp(-np.sum(shares * np.log(shares))))


def ratio(one: Tensor, other: Tensor) -> float:
    above, below = (np.var(t.detach().double().numpy()) for t in (one, other))
    return float(above / below) if below else float("nan") if not above else float("inf")


def cosine(one: Tensor, other: Tensor) -> float:
    a, b = (t.double().numpy().ravel() for t in (one, other))
    size = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / size) if size else float("nan")


def part(block: nn.Module, name: str) -> nn.Module:
    return getattr(block, name, None) or nn.Identity()


def added(block: nn.Module, shortcut: str, shares: bool, xs: Tensor, xb: Tensor) -> list[Tensor]:
    """What a block adds up: branch of `xb` and shortcut of `xs`, in the order of its forward."""
    before, branch = part(block, "preactivation"), part(block, "branch")
    if shortcut in ("exclusive_gate", "shortcut_only_gate"):
        gate = part(block, "gate")(xs)
        out = branch(before(xb))
        return [gate * out if shortcut == "exclusive_gate" else out, xs - gate * xs]
    out = branch(before(xb))
    if shortcut == "none":
        return [out]
    return [out, part(block, "shortcut")(before(xs) if shares else xs)]


def expected_of_blocks(net: ResNet, images: Tensor, labels: Tensor) -> dict[str, list[float]]:
    """The quantities along blocks, from one forward with separate inputs for the two paths."""
    x, seen = net.stem(images), []
    for place in plan(net.config).blocks:
        block = net.get_submodule(place.name)
        xs, xb = x.clone(), x.clone()
        sums = added(block, place.shortcut, place.unit.shares_preactivation, xs, xb)
        y = part(block, "after")(sum(sums[1:], start=sums[0]))
        seen.append((x, xs, xb, sums, y))
        x = y
    loss = functional.cross_entropy(net.head(x), labels)
    found: dict[str, list[float]] = {name: [] for name in ALONG_BLOCKS}
    for x, xs, xb, sums, y in seen:
        found["branch_rms"].append(rms(sums[0]))
        found["output_rms"].append(rms(y))
        found["effective_rank"].append(rank(y))
        whole, by_branch = torch.autograd.grad(loss, (x, xb), retain_graph=True)
        found["grad_input_norm"].append(norm(whole))
        found["grad_branch_norm"].append(norm(by_branch))
        if len(sums) == 2:
            (by_shortcut,) = torch.autograd.grad(loss, xs, retain_graph=True)
            np.testing.assert_allclose(by_branch + by_shortcut, whole, atol=1e-6)
            found["grad_shortcut_norm"].append(norm(by_shortcut))
            found["grad_cosine"].append(cosine(by_shortcut, by_branch))
            found["branch_ratio"].append(ratio(sums[0], sums[1]))
    return {name: values for name, values in found.items() if values}


def sample(config: ResNetConfig, dtype: torch.dtype) -> tuple[ResNet, Tensor, Tensor]:
    """A net whose gains are not all alike, images and labels."""
    net = build_resnet(config, seed=1).to(dtype)
    torch.manual_seed(2)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    shape = (12, *config.image_shape)
    images = torch.randn(shape, dtype=dtype) + 0.3
    return net, images, torch.arange(12) % config.num_classes


def compare(config: ResNetConfig, dtype: torch.dtype, rtol: float, atol: float) -> None:
    net, images, labels = sample(config, dtype)
    torch.manual_seed(3)
    expected = expected_of_blocks(net, images, labels)
    torch.manual_seed(3)
    found = measured(net, images, labels)
    forget_directions(expected, found)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=rtol, atol=atol, err_msg=name)
    assert set(ALONG_BLOCKS) & set(found) == set(expected)


def forget_directions(expected: dict[str, list[float]], found: dict[str, Floats]) -> None:
    """Of a part that is 0 but for rounding, as before or behind a norm of one value, the angle is
    chance; so are the directions of features that are alike but for rounding."""
    if "grad_cosine" in expected:
        both = zip(expected["grad_shortcut_norm"], expected["grad_branch_norm"], strict=True)
        for number, parts in enumerate(both):
            if min(parts) < max(1e-12 * max(parts), 1e-13):
                expected["grad_cosine"][number] = found["grad_cosine"][number] = np.nan
    found["effective_rank"][np.isnan(expected["effective_rank"])] = np.nan


@pytest.mark.parametrize("fields", CASES.values(), ids=CASES)
def test_what_blocks_do_equals_a_forward_with_two_inputs(fields: dict[str, Any]) -> None:
    config = ResNetConfig(**(BASE | fields))
    compare(config, torch.float64, rtol=1e-6, atol=1e-9)
    compare(config, torch.float32, rtol=1e-4, atol=2e-6)


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(configs())
def test_of_any_net(config: ResNetConfig) -> None:
    if config.smallest_image_size <= 64:
        compare(config, torch.float64, rtol=1e-6, atol=1e-9)


# Written by hand: for each order, in a net of two blocks with a plain path or identities, where
# the response and the activation of each 3x3 layer are.
A, B = "stages.0.0", "stages.0.1"
PLACES: dict[str, dict[str, tuple[str, str | None]]] = {
    "original": {
        "stem.conv": ("stem.norm", "stem.act"),
        f"{A}.branch.conv1": (f"{A}.branch.norm1", f"{A}.branch.act1"),
        f"{A}.branch.conv2": (f"{A}.branch.norm2", f"{A}.after.act"),
        f"{B}.branch.conv1": (f"{B}.branch.norm1", f"{B}.branch.act1"),
        f"{B}.branch.conv2": (f"{B}.branch.norm2", f"{B}.after.act"),
    },
    "norm_after_addition": {
        "stem.conv": ("stem.norm", "stem.act"),
        f"{A}.branch.conv1": (f"{A}.branch.norm1", f"{A}.branch.act1"),
        f"{A}.branch.conv2": (f"{A}.branch.conv2", f"{A}.after.act"),
        f"{B}.branch.conv1": (f"{B}.branch.norm1", f"{B}.branch.act1"),
        f"{B}.branch.conv2": (f"{B}.branch.conv2", f"{B}.after.act"),
    },
    "relu_before_addition": {
        "stem.conv": ("stem.norm", "stem.act"),
        f"{A}.branch.conv1": (f"{A}.branch.norm1", f"{A}.branch.act1"),
        f"{A}.branch.conv2": (f"{A}.branch.norm2", f"{A}.branch.act2"),
        f"{B}.branch.conv1": (f"{B}.branch.norm1", f"{B}.branch.act1"),
        f"{B}.branch.conv2": (f"{B}.branch.norm2", f"{B}.branch.act2"),
    },
    "relu_only_preactivation": {
        "stem.conv": ("stem.norm", "stem.act"),
        f"{A}.branch.conv1": (f"{A}.branch.norm1", f"{A}.branch.act1"),
        f"{A}.branch.conv2": (f"{A}.branch.norm2", f"{B}.preactivation.act"),
        f"{B}.branch.conv1": (f"{B}.branch.norm1", f"{B}.branch.act1"),
        f"{B}.branch.conv2": (f"{B}.branch.norm2", None),
    },
    "full_preactivation": {
        "stem.conv": (f"{A}.preactivation.norm", f"{A}.preactivation.act"),
        f"{A}.branch.conv1": (f"{A}.branch.norm2", f"{A}.branch.act2"),
        f"{A}.branch.conv2": (f"{A}.branch.conv2", f"{B}.preactivation.act"),
        f"{B}.branch.conv1": (f"{B}.branch.norm2", f"{B}.branch.act2"),
        f"{B}.branch.conv2": (f"{B}.branch.conv2", "head.act"),
    },
}
# Without an addition between them the norm after it takes the convolution's output itself.
PLAIN: dict[str, dict[str, str]] = {
    "norm_after_addition": {
        f"{A}.branch.conv2": f"{A}.after.norm",
        f"{B}.branch.conv2": f"{B}.after.norm",
    },
    "full_preactivation": {
        f"{A}.branch.conv2": f"{B}.preactivation.norm",
        f"{B}.branch.conv2": "head.norm",
    },
}


@pytest.mark.parametrize("shortcut", ["none", "zero_pad"])
@pytest.mark.parametrize("order", ORDERS)
def test_responses_and_activations_are_where_they_are_by_hand(order: str, shortcut: str) -> None:
    fields = BASE | {"depths": (2,), "widths": (6,), "activation_order": order}
    config = ResNetConfig(**fields, shortcut=shortcut)
    places = dict(PLACES[order])
    if shortcut == "none":
        for layer, response in PLAIN.get(order, {}).items():
            places[layer] = (response, places[layer][1])
    assert {one[0]: one[1:] for one in responding(plan(config))} == places
    net, images, labels = sample(config, torch.float64)
    passed: dict[str, NDArray[np.float64]] = {}
    for path, module in net.named_modules():
        module.register_forward_hook(
            lambda _, __, out, path=path: passed.update({path: out.detach().numpy().copy()})
        )
    found = measured(net, images, labels)
    spread = [passed[response].std() for response, _ in places.values()]
    np.testing.assert_allclose(found["response_std"], spread, rtol=1e-6)
    outputs = [passed[activation] for _, activation in places.values() if activation]
    dead = [np.mean([not out[:, c].any() for c in range(out.shape[1])]) for out in outputs]
    np.testing.assert_allclose(found["dead_share"], dead, rtol=1e-6)


def test_what_stands_between_convolution_and_norm_or_nonlinearity() -> None:
    """Squeeze-and-excitation, skipinit, dropout and the stem's pool."""
    se = ResNetConfig(**BASE, attention="se", shortcut="none", activation_order=ORDERS[1])
    (last,) = (one for one in responding(plan(se)) if one.layer == "stages.1.0.branch.conv2")
    assert last[1:] == ("stages.1.0.branch.conv2", "stages.1.0.after.act")
    deep = ResNetConfig(**(BASE | OTHERS["deep stem"]), activation_order=ORDERS[4], dropout=0.1)
    third = responding(plan(deep))[2]
    assert third == ("stem.conv3", "stem.conv3", "stages.0.0.preactivation.act")
    assert len(responding(plan(preset("resnet50")))) == 16, "of a 7x7 stem's net with bottlenecks"


def test_dead_channels_are_found() -> None:
    config = ResNetConfig(**BASE)
    net, images, labels = sample(config, torch.float32)
    with torch.no_grad():
        net.get_parameter("stages.0.0.branch.norm1.bias")[:2] = -1e3
    dead = measured(net, images, labels)["dead_share"]
    assert dead[1] == pytest.approx(2 / 6)
    assert dead[0] < 0.5


def test_what_is_not_finite_is_recorded_as_such() -> None:
    config = ResNetConfig(**BASE, norm="none")
    for wrong in (torch.inf, torch.nan):
        net, images, labels = sample(config, torch.float32)
        with torch.no_grad():
            net.get_parameter("stages.0.1.branch.conv1.weight")[0, 0, 0, 0] = wrong
        found = measured(net, images, labels)
        assert np.isfinite(found["branch_rms"][0])
        assert not np.isfinite(found["branch_rms"][1:]).any()
        assert np.isnan(found["grad_input_norm"]).all()


def test_hooks_are_off_after_the_forward_pass_and_on_other_steps() -> None:
    net, images, labels = sample(ResNetConfig(**BASE), torch.float32)
    network = plan(net.config)
    layers = [net.get_parameter(f"{layer.name}.weight") for layer in network.weighted_layers]
    held = held_by(network, evaluated=False)
    instruments = Instruments(layers, net.parameters(), held, partial(tap, net), every=3)

    def hooks() -> int:
        return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in net.modules())

    for step in range(7):
        instruments.arm(step)
        assert (hooks() > 0) == (step % 3 == 0)
        loss = functional.cross_entropy(net(images), labels)
        instruments.after_forward()
        assert hooks() == 0
        net.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        instruments.after_backward()
        found = instruments.collect()
        assert ("branch_rms" in found) == (step % 3 == 0)
        assert "grad_norm" in found
    instruments.arm(9)  # a step that is given up leaves none behind
    instruments.arm(10)
    assert hooks() == 0


@pytest.mark.parametrize("measure_every", [1, 3])
def test_records_say_at_which_steps_they_were_measured(measure_every: int) -> None:
    records = list(train(tiny_spec(measure_every=measure_every, steps=5)))
    taken = [r.step for r in records if "grad_cosine" in r.values]
    assert taken == sorted({*range(0, 5, measure_every), 4})


def test_a_short_run_measures_the_gradients_way_every_fifth_step() -> None:
    """And finds what a run finds that measures everything at each step."""
    spec = tiny_spec(measure_every=20, steps=12)
    each = list(train(spec.model_copy(update={"measure_every": 1})))
    own = list(train(spec))
    names = ("grad_input_norm", "grad_shortcut_norm", "grad_branch_norm", "grad_cosine")
    for name in names:
        assert [record.step for record in own if name in record.values] == [0, 5, 10, 11]
        for step in (0, 5, 10, 11):
            np.testing.assert_array_equal(own[step].values[name], each[step].values[name])
    others = set(each[0].values) - set(names) - {"layer_state"}
    assert {"output_rms", "effective_rank", "dead_share"} <= others
    for name in ("output_rms", "effective_rank", "dead_share", "branch_ratio"):
        assert [record.step for record in own if name in record.values] == [0, 11]
    assert {name: spec.quantities[name].every for name in (*names, "output_rms")} == {
        **dict.fromkeys(names, 5),
        "output_rms": 20,
    }
    long = spec.model_copy(update={"steps": 201})
    assert {long.quantities[name].every for name in names} == {20}
