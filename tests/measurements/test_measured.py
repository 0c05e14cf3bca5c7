"""Each on-demand measurement against a small computation of its own, in float64."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, pairwise
from math import comb
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from numpy.typing import NDArray
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional

from resnet_viz.arch.config import ResNetConfig, plain_twin
from resnet_viz.arch.plan import plan
from resnet_viz.measurements import measurement, measurements
from resnet_viz.measurements.landscape import direction, nonconvex_share
from resnet_viz.measurements.lesions import why_kept
from resnet_viz.nets.block_parts import without_branch
from resnet_viz.nets.network import ResNet, build_resnet
from resnet_viz.nets.passes import blocks_of, outputs
from resnet_viz.training.perform import perform
from tests.configs import configs, examples
from tests.measurements.test_measurements import QUICK, SMALL, batch, net, small


def measured(
    name: str, network: ResNet, images: Tensor, labels: Tensor, **settings: Any
) -> Mapping[str, NDArray[np.float64]]:
    """What a measurement finds."""
    return perform(measurement(name), network, images, labels, settings=settings)


def loss_of(network: ResNet, images: Tensor, labels: Tensor) -> Tensor:
    return functional.cross_entropy(network(images), labels)


def features(network: ResNet, images: Tensor) -> list[Tensor]:
    """What each block passes on, told by hooks."""
    seen: list[Tensor] = []
    hooks = [
        b.register_forward_hook(lambda _, __, out: seen.append(out)) for b in blocks_of(network)
    ]
    network(images)
    for hook in hooks:
        hook.remove()
    return seen


def split_forward(network: ResNet, x: Tensor, cut: Mapping[int, str]) -> Tensor:
    """Logits from the first block's input on, where blocks pass no gradient on the path `cut`."""
    for number, block in enumerate(blocks_of(network)):
        to = {"branch": x, "shortcut": x}
        if number in cut:
            to[cut[number]] = x.detach()
        x = block.after(block.branch(to["branch"]) + block.shortcut(to["shortcut"]))
    logits: Tensor = network.head(x)
    return logits


def test_shares_are_those_of_two_backward_passes() -> None:
    network, (images, labels) = net(), batch()
    found = measured("shares", network, images, labels)
    inputs = [network.stem(images), *features(network, images)[:-1]]
    for number in range(3):
        start = inputs[number].detach().requires_grad_()
        parts = {}
        for cut in ("branch", "shortcut"):
            x = start
            for place, block in enumerate(blocks_of(network)[number:]):
                to = {"branch": x, "shortcut": x}
                if place == 0:
                    to[cut] = x.detach()
                x = block.after(block.branch(to["branch"]) + block.shortcut(to["shortcut"]))
            loss = functional.cross_entropy(network.head(x), labels)
            parts[cut] = torch.autograd.grad(loss, start)[0].numpy()
        shortcut, branch = parts["branch"], parts["shortcut"]  # what is left where one is cut
        whole = shortcut + branch
        np.testing.assert_allclose(found["shortcut"][number], np.linalg.norm(shortcut))
        np.testing.assert_allclose(found["branch"][number], np.linalg.norm(branch))
        np.testing.assert_allclose(found["whole"][number], np.linalg.norm(whole))
        product = (shortcut * branch).sum() / np.linalg.norm(shortcut) / np.linalg.norm(branch)
        np.testing.assert_allclose(found["cosine"][number], product)
        share = (shortcut * whole).sum() / (whole**2).sum()
        np.testing.assert_allclose(found["share"][number], share)
        np.testing.assert_allclose(1 - share, (branch * whole).sum() / (whole**2).sum())


def test_a_net_whose_branches_are_silent_lives_on_its_shortcuts() -> None:
    network, (images, labels) = build_resnet(small(zero_init_residual=True), seed=0), batch()
    images = images.float()
    np.testing.assert_allclose(measured("shares", network, images, labels)["share"], 1)
    assert (measured("variance", network, images, labels)["times_k"] == 0).all()
    lengths = measured("path_lengths", network, images, labels)
    np.testing.assert_allclose(lengths["share"], [1, 0, 0, 0])
    assert (lengths["low"], lengths["high"]) == (0, 0)


def test_variances_are_numpys_and_k_is_counted_in_each_stage() -> None:
    config = small(activation_order="full_preactivation")
    network, (images, labels) = net(config), batch()
    found = measured("variance", network, images, labels)
    outputs = features(network, images)
    inputs = [network.stem(images), *outputs[:-1]]
    assert found["k"].tolist() == [1, 1, 2]
    for number, block in enumerate(blocks_of(network)):
        shortcut = block.shortcut(inputs[number]).detach().numpy()
        branch = outputs[number].detach().numpy() - shortcut  # nothing follows the addition
        np.testing.assert_allclose(found["branch"][number], branch.var())
        np.testing.assert_allclose(found["shortcut"][number], shortcut.var())
        expected = found["k"][number] * branch.var() / shortcut.var()
        np.testing.assert_allclose(found["times_k"][number], expected)


def test_rank_and_cka_are_numpys() -> None:
    network, (images, labels) = net(), batch()
    found = measured("rank_cka", network, images, labels)
    x = images.flatten(1).numpy()
    x = x - x.mean(0)
    for number, output in enumerate(features(network, images)):
        y = output.detach().flatten(1).numpy()
        y = y - y.mean(0)
        values = np.linalg.svd(y, compute_uv=False) ** 2
        shares = values[values > 1e-20] / values.sum()
        rank = np.exp(-(shares * np.log(shares)).sum())
        np.testing.assert_allclose(found["rank"][number], rank)
        # Kornblith et al. 2019, eq. 4, of the features themselves
        across = np.linalg.norm(y.T @ x) ** 2
        cka = across / np.linalg.norm(x.T @ x) / np.linalg.norm(y.T @ y)
        np.testing.assert_allclose(found["cka"][number], cka)


def test_features_that_are_all_alike_have_rank_one() -> None:
    network, (images, labels) = net(small(norm="none")), batch()
    shade = torch.arange(len(images)).double().view(-1, 1, 1, 1) - 5.5
    with torch.no_grad():
        network.stem[0].weight.abs_()
    lines = shade.abs() * images[:1].abs()  # multiples of one image: along one direction
    rank = measured("rank_cka", network, lines, labels)["rank"]
    assert 1 <= rank[0] < 1.1


def test_shattering_is_that_of_one_image_at_a_time() -> None:
    network, (images, labels) = net(small(norm="none")), batch()
    found = measured("shattering", network, images, labels, points=4)
    gradients = []
    for share in np.linspace(0, 1, 4):
        point = (images[0] + share * (images[1] - images[0]))[None].requires_grad_()
        gradients.append(torch.autograd.grad(network(point).sum(), point)[0].numpy().ravel())
    units = np.array([g / np.linalg.norm(g) for g in gradients])
    cosines = [float(a @ b) for a, b in pairwise(units)]
    np.testing.assert_allclose(found["by_point"], cosines)
    np.testing.assert_allclose(found["cosine"], np.mean(cosines))
    np.testing.assert_allclose(found["similarity"], units @ units.T)
    np.testing.assert_allclose(found["autocorrelation"][3], units[0] @ units[3])


@pytest.mark.parametrize("config", [SMALL, small(depths=(2, 2), shortcut="projection")])
def test_path_lengths_are_those_of_all_paths(config: ResNetConfig) -> None:
    """Every path by a backward pass of its own; as vectors they add up to the whole gradient."""
    network, (images, labels) = net(config), batch()
    count = sum(config.depths)
    found = measured("path_lengths", network, images, labels, samples=100)
    start = network.stem(images).detach().requires_grad_()
    norms: list[list[float]] = [[] for _ in range(count + 1)]
    total = torch.zeros_like(start)
    for length in range(count + 1):
        for through in combinations(range(count), length):
            cut = {i: "shortcut" if i in through else "branch" for i in range(count)}
            loss = functional.cross_entropy(split_forward(network, start, cut), labels)
            one = torch.autograd.grad(loss, start, allow_unused=True)[0]
            norms[length].append(float(one.norm()))
            total += one
    whole = torch.autograd.grad(
        functional.cross_entropy(split_forward(network, start, {}), labels), start
    )[0]
    torch.testing.assert_close(total, whole)
    np.testing.assert_allclose(found["norm"], [np.mean(n) for n in norms])
    sums = np.array([np.sum(n) for n in norms])
    np.testing.assert_allclose(found["share"], sums / sums.sum())
    np.testing.assert_allclose(found["share"].sum(), 1)
    assert found["paths"].tolist() == [comb(count, k) for k in range(count + 1)]
    assert found["sampled"].tolist() == found["paths"].tolist()


def test_sampled_path_lengths_come_near_to_all() -> None:
    config = small(depths=(4, 4))
    network, (images, labels) = net(config), batch()
    everything = measured("path_lengths", network, images, labels, samples=100)
    some = measured("path_lengths", network, images, labels, samples=20)
    assert some["sampled"].max() == 20
    np.testing.assert_allclose(some["share"], everything["share"], atol=0.1)


def test_all_of_a_plain_nets_gradient_comes_by_its_one_path() -> None:
    network, (images, labels) = net(plain_twin(SMALL)), batch()
    found = measured("path_lengths", network, images, labels)
    assert found["share"].tolist() == [0, 0, 0, 1]
    assert found["paths"].tolist() == [0, 0, 0, 1]
    start = network.stem(images).detach().requires_grad_()
    loss = functional.cross_entropy(network.head(network.stages(start)), labels)
    whole = torch.autograd.grad(loss, start)[0]
    np.testing.assert_allclose(found["norm"][3], float(whole.norm()))


def without(network: ResNet, stage: int, index: int) -> ResNet:
    """A net that was never built with that block, with the weights of the others."""
    depths = list(network.config.depths)
    depths[stage] -= 1
    rebuilt = build_resnet(ResNetConfig(**{**network.config.model_dump(), "depths": depths}))
    own = network.state_dict()
    for key, value in rebuilt.double().state_dict().items():
        parts = key.split(".")
        if parts[:2] == ["stages", str(stage)] and int(parts[2]) >= index:
            parts[2] = str(int(parts[2]) + 1)
        value.copy_(own[".".join(parts)])
    return rebuilt


@pytest.mark.parametrize(
    "changes",
    [{}, {"shortcut": "none"}, {"activation_order": "full_preactivation"}, {"norm": "none"}],
    ids=str,
)
def test_a_lesion_is_a_net_rebuilt_without_the_block(changes: dict[str, Any]) -> None:
    config = small(depths=(2, 3), **changes)
    network, (images, labels) = net(config), batch(30)
    found = measured("lesions", network, images, labels)
    names = [block.name for block in plan(config).blocks]
    for stage, index in ((0, 0), (0, 1), (1, 1), (1, 2)):
        place = names.index(f"stages.{stage}.{index}")
        rebuilt = without(network, stage, index)
        with torch.no_grad():
            logits = rebuilt(images)
        expected = functional.cross_entropy(logits, labels).item()
        np.testing.assert_allclose(found["loss"][place], expected)
        wrong = (logits.argmax(1) != labels).double().mean().item()
        np.testing.assert_allclose(found["error"][place], wrong)
    np.testing.assert_allclose(found["whole_loss"], loss_of(network, images, labels).item())
    is_plain = config.shortcut == "none"
    assert np.isnan(found["loss"]).tolist() == [False, False, is_plain, False, False]
    cannot = [bool(why_kept(plan(config), name)) for name in names]
    assert cannot == np.isnan(found["loss"]).tolist()
    alone = measured("lesions", network, images, labels, block="stages.1.2")
    np.testing.assert_allclose(alone["loss"][4], found["loss"][4])
    assert np.isnan(alone["loss"][:4]).all()


def test_blocks_removed_together_are_a_net_rebuilt_without_them() -> None:
    network, (images, labels) = net(small(depths=(2, 3))), batch(30)
    rebuilt = without(without(network, 1, 2), 0, 1)
    with torch.no_grad():
        logits = rebuilt(images)
        whole = (network(images).argmax(1) != labels).double().mean().item()
    wrong = (logits.argmax(1) != labels).double().mean().item()
    found = measured("removal", network, images, labels, blocks="stages.1.2,stages.0.1")
    expected = functional.cross_entropy(logits, labels).item()
    whole_loss = loss_of(network, images, labels).item()
    assert {name: float(value) for name, value in found.items()} == pytest.approx(
        {"error": wrong, "loss": expected, "seen": 30}
        | {"whole_error": whole, "whole_loss": whole_loss}
    )
    none = measured("removal", network, images, labels)
    assert float(none["error"]) == pytest.approx(whole)
    lesion = measured("lesions", network, images, labels, block="stages.0.1,stages.1.2")
    np.testing.assert_allclose(lesion["loss"], [np.nan, expected, np.nan, np.nan, expected])
    plain = net(small(depths=(2, 3), shortcut="none"))
    found = measured("removal", plain, images, labels, blocks="stages.0.1,stages.1.0")
    assert np.isnan(found["error"])


@settings(max_examples=examples(20), deadline=None)
@given(configs())
def test_the_plan_knows_which_blocks_can_be_left_out(config: ResNetConfig) -> None:
    network = build_resnet(config).eval()
    with torch.no_grad():
        inputs = list(outputs(network, torch.randn(2, *config.image_shape)))
        for own, block, x in zip(plan(config).blocks, blocks_of(network), inputs, strict=False):
            assert (without_branch(block, x) is None) == bool(why_kept(plan(config), own.name))


def test_where_the_shape_changes_the_shortcut_alone_is_left() -> None:
    network, (images, labels) = net(small(shortcut="projection")), batch()
    found = measured("lesions", network, images, labels)
    first = network.stages[1][0]
    with torch.no_grad():
        x = first.after(first.shortcut(network.stages[0](network.stem(images))))
        loss = functional.cross_entropy(network.head(network.stages[1][1](x)), labels)
    np.testing.assert_allclose(found["loss"][1], loss.item())


def test_the_hessians_eigenvalue_is_that_of_the_whole_matrix() -> None:
    config = small(depths=(1,), widths=(2,), num_classes=2, activation="gelu")
    network, (images, labels) = net(config), batch(8, config)
    names = [name for name, _ in network.named_parameters()]
    sizes = [p.numel() for p in network.parameters()]
    shapes = [p.shape for p in network.parameters()]

    def loss(flat: Tensor) -> Tensor:
        parts = [p.view(s) for p, s in zip(flat.split(sizes), shapes, strict=True)]
        logits = functional_call(network, dict(zip(names, parts, strict=True)), (images,))
        return functional.cross_entropy(logits, labels)

    network.train()
    at = torch.cat([p.detach().flatten() for p in network.parameters()])
    matrix = torch.autograd.functional.hessian(loss, at)
    values = np.linalg.eigvalsh(matrix.numpy())
    largest = values[np.abs(values).argmax()]
    found = measured("hessian", network, images, labels, iterations=300)
    np.testing.assert_allclose(found["eigenvalue"], largest, rtol=1e-6)
    assert found["residual"] < 1e-3
    assert len(found["estimates"]) == 300


def test_the_landscape_is_the_loss_of_weights_moved_by_hand() -> None:
    network, (images, labels) = net(), batch()
    found = measured("landscape", network, images, labels, points=3, reach=0.5, seed=7)
    assert found["at"].tolist() == [-0.5, 0, 0.5]
    np.testing.assert_allclose(found["loss"][1, 1], loss_of(network, images, labels).item())
    weights = {k: p for k, p in network.named_parameters() if p.dim() > 1}
    generator = torch.Generator().manual_seed(7)
    along = [{k: direction(w.detach(), generator) for k, w in weights.items()} for _ in range(2)]
    for (i, alpha), (j, beta) in (((0, -0.5), (1, 0.0)), ((2, 0.5), (0, -0.5))):
        moved = {k: w + alpha * along[0][k] + beta * along[1][k] for k, w in weights.items()}
        logits = functional_call(network, moved, (images,))
        expected = functional.cross_entropy(logits, labels).item()
        np.testing.assert_allclose(found["loss"][i, j], expected)


def test_a_direction_is_as_long_as_the_weights_filter_by_filter() -> None:
    weight = torch.randn(5, 3, 3, 3, dtype=torch.float64) * torch.arange(5).view(-1, 1, 1, 1)
    made = direction(weight, torch.Generator().manual_seed(0)).numpy()
    for i in range(5):
        np.testing.assert_allclose(np.linalg.norm(made[i]), np.linalg.norm(weight[i].numpy()))
    other = direction(weight, torch.Generator().manual_seed(1)).numpy()
    assert abs((made[4] * other[4]).sum()) < 0.9 * float(weight[4].norm()) ** 2


@pytest.mark.parametrize(
    ("surface", "share"),
    [
        (lambda x, y: x**2 + y**2 - x * y, 0.0),
        (lambda x, y: x**2 + y**2 + 3 * x * y, 1.0),  # a saddle that no axis shows
        (lambda x, y: -(x**2) + y**2, 1.0),
        (lambda x, y: x**3 + y**2, 0.4),  # bends down where x < 0: two of five columns
    ],
)
def test_nonconvex_points_are_those_of_the_surface(surface: Any, share: float) -> None:
    x, y = np.meshgrid(np.linspace(-3, 3, 7), np.linspace(-3, 3, 7), indexing="ij")
    assert nonconvex_share(surface(x, y)) == pytest.approx(share)


def test_gradient_norms_are_autograds() -> None:
    network, (images, labels) = net(), batch()
    found = measured("gradients", network, images, labels)
    loss = loss_of(network, images, labels)
    names = [layer.name for layer in plan(SMALL).weighted_layers]
    weights = [network.get_parameter(f"{name}.weight") for name in names]
    expected = [g.norm().item() for g in torch.autograd.grad(loss, weights)]
    np.testing.assert_allclose(found["weights"], expected)
    for number in range(3):
        start = [network.stem(images), *features(network, images)[:-1]][number].detach()
        x = start.requires_grad_()
        end = x
        for block in blocks_of(network)[number:]:
            end = block(end)
        one = functional.cross_entropy(network.head(end), labels)
        gradient = torch.autograd.grad(one, x)[0]
        np.testing.assert_allclose(found["inputs"][number], gradient.norm().item())
    np.testing.assert_allclose(found["ratio"], found["inputs"][0] / found["inputs"][-1])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("name", measurements())
def test_a_gpu_finds_the_same(name: str) -> None:
    network, (images, labels) = net(), batch()
    settings = QUICK.get(name, {})
    here = measured(name, network, images, labels, **settings)
    there = measured(name, network.cuda(), images.cuda(), labels.cuda(), **settings)
    for key, array in here.items():
        np.testing.assert_allclose(there[key], array, rtol=1e-4, atol=1e-6)
