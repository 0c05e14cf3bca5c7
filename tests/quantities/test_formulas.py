"""Each quantity's formula against numpy in float64, and activations for one of one's own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from resnet_viz.arch.plan import plan
from resnet_viz.quantities import held_by, quantities, quantity
from resnet_viz.quantities.effective_rank import MOST_IMAGES
from resnet_viz.quantities.layer_states import LAYER_STATE
from resnet_viz.quantities.points import POINTS, names_in
from resnet_viz.quantities.quantity import Quantity
from resnet_viz.tensor_stats.norms import Tensors, norms
from resnet_viz.training.loop import train
from tests.labs import TINY, tiny_spec

SHAPE = (5, 7, 6, 4)


def rank_of(features: NDArray[np.float64]) -> float:
    """exp of the entropy, from the singular values of the centred features."""
    rows = features.reshape(len(features), -1)
    rows = rows / np.abs(rows).max()
    sizes = np.linalg.svd(rows - rows.mean(0), compute_uv=False) ** 2
    shares = sizes[sizes > 1e-20 * sizes.sum()] / sizes.sum()
    return float(np.exp(-np.sum(shares * np.log(shares))))


def taken(one: Quantity, *tensors: list[Tensor]) -> Tensor:
    """Measured, and finished where that is a step of its own."""
    found = one.measure(*tensors)
    return one.finish(list(found)) if one.finish else found


FORMULAS: dict[str, Callable[..., object]] = {
    "grad_norm": np.linalg.norm,
    "grad_mean_abs": lambda gradient: np.mean(np.abs(gradient)),
    "grad_max_abs": lambda gradient: np.max(np.abs(gradient)),
    "weight_norm": np.linalg.norm,
    "grad_total_norm": np.linalg.norm,
    "grad_input_norm": np.linalg.norm,
    "grad_shortcut_norm": np.linalg.norm,
    "grad_branch_norm": np.linalg.norm,
    "update_ratio": lambda update, weight: np.linalg.norm(update) / np.linalg.norm(weight),
    "response_std": np.std,
    "dead_share": lambda a: np.mean((a.reshape(SHAPE) == 0).all((0, 2, 3))),
    "branch_rms": lambda branch: np.sqrt(np.mean(branch**2)),
    "output_rms": lambda output: np.sqrt(np.mean(output**2)),
    "branch_ratio": lambda branch, shortcut: np.var(branch) / np.var(shortcut),
    "effective_rank": lambda output: rank_of(output.reshape(SHAPE)),
    "grad_cosine": lambda a, b: a @ b / np.linalg.norm(a) / np.linalg.norm(b),
}
EVALUATED = {"eval_loss", "eval_accuracy"}
AT_THE_END = {"final"}  # tests/training/test_evaluation.py


pytestmark = pytest.mark.usefixtures("one_thread")


def tensors_of(exponent: int, mean: float, number: int) -> list[Tensor]:
    random = np.random.default_rng(number)
    values = 10.0**exponent * (random.standard_normal(SHAPE) + mean)
    return [torch.from_numpy(values.astype(np.float32)).to(memory_format=torch.channels_last)]


@pytest.mark.parametrize("mean", [0.0, 3.0])
@pytest.mark.parametrize("exponent", [-30, -24, 0, 15, 25])
@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_hold_whatever_the_size(name: str, exponent: int, mean: float) -> None:
    one = quantity(name)
    given = [tensors_of(exponent, mean, number) for number, _ in enumerate(one.points)]
    true = FORMULAS[name](*(tensors[0].double().numpy().ravel() for tensors in given))
    torch.set_flush_denormal(True)
    found = taken(one, *given)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), [true], rtol=1e-4, atol=2e-6 * (name[-1] == "e"))


def test_every_quantity_has_a_formula_here_a_source_and_words() -> None:
    assert set(quantities()) == set(FORMULAS) | EVALUATED | AT_THE_END | {LAYER_STATE}
    for one in quantities().values():
        assert one.sentence.endswith(".")
        assert one.source
        assert one.axis_title
        assert set(one.points) <= set(POINTS)


def test_several_tensors_give_as_many_values() -> None:
    for name in set(FORMULAS) - {"grad_total_norm"}:
        one = quantity(name)
        parts = [[*tensors_of(0, 0, i), *tensors_of(1, 1, i + 9)] for i, _ in enumerate(one.points)]
        single = [taken(one, *([part[i]] for part in parts)) for i in (0, 1)]
        np.testing.assert_allclose(taken(one, *parts), torch.cat(single), rtol=1e-6)


def test_a_list_whose_norms_are_known_has_those_of_its_tensors() -> None:
    one, other = Tensors(tensors_of(0, 0, 0)), Tensors(tensors_of(-24, 0, 1))
    whole = Tensors(parts=(one, Tensors(), other))
    assert [t is w for t, w in zip([*one, *other], whole, strict=True)] == [True, True]
    assert torch.equal(norms(whole), norms([*one, *other]))
    assert norms(whole) is norms(whole)


@pytest.mark.parametrize("name", sorted(set(FORMULAS) - {"dead_share"}))
def test_inf_and_nan_are_results(name: str) -> None:
    one = quantity(name)
    for wrong in (torch.inf, torch.nan):
        given = [tensors_of(0, 0, number) for number, _ in enumerate(one.points)]
        given[0][0][0, 0, 0, 0] = wrong
        assert not taken(one, *given).isfinite().any()


def test_a_zero_gradient_has_no_direction_and_a_constant_no_spread() -> None:
    some, zero = tensors_of(0, 0, 0), [torch.zeros(SHAPE)]
    assert taken(quantity("grad_cosine"), zero, some).isnan()
    assert taken(quantity("grad_cosine"), some, zero).isnan()
    assert taken(quantity("branch_ratio"), zero, some) == 0
    assert taken(quantity("branch_ratio"), some, zero) == torch.inf
    assert taken(quantity("branch_ratio"), zero, zero).isnan()
    assert taken(quantity("response_std"), [torch.full(SHAPE, 3.0)]) == 0


@pytest.mark.parametrize("spread", [1e-3, 1.0, 1e3])
def test_ranks_of_features_whose_images_hardly_differ_are_numpys(spread: float) -> None:
    """As in a net that collapses: a large part that all share, and few directions beside it."""
    random = np.random.default_rng(1)
    directions = random.standard_normal((64, 3)) * [1, 0.1, 0.001] @ random.random((3, 16 * 8 * 8))
    features = (1 + spread * directions).reshape(64, 16, 8, 8).astype(np.float32)
    rank = taken(quantity("effective_rank"), [torch.from_numpy(features)])
    np.testing.assert_allclose(rank, [rank_of(features.astype(np.float64))], rtol=1e-3)
    assert 1 < rank < 1.2


def test_the_rank_of_large_batches_is_that_of_the_first_images_whatever_their_layout() -> None:
    random = np.random.default_rng(2)
    features = random.standard_normal((3 * MOST_IMAGES, 3, 4, 5)).astype(np.float32)
    expected = rank_of(features[:MOST_IMAGES].astype(np.float64))
    for layout in (torch.contiguous_format, torch.channels_last):
        given = torch.from_numpy(features).to(memory_format=layout)
        found = taken(quantity("effective_rank"), [given])
        np.testing.assert_allclose(found, [expected], rtol=1e-5)
    with torch.autocast("cpu", torch.bfloat16):
        same = taken(quantity("effective_rank"), [torch.from_numpy(features)])
    np.testing.assert_allclose(same, [expected], rtol=1e-5)


def test_images_that_are_all_alike_have_rank_one_and_others_keep_theirs() -> None:
    one = quantity("effective_rank")
    alike = torch.full(SHAPE, 0.1)
    wrong = torch.ones(SHAPE)
    wrong[1, 2, 3, 0] = torch.nan
    (some,) = tensors_of(0, 0, 0)
    found = taken(one, [torch.zeros(SHAPE), alike, wrong, some])
    np.testing.assert_array_equal(found[:3], [1, 1, np.nan])
    np.testing.assert_allclose(found[3], rank_of(some.double().numpy()), rtol=1e-5)
    assert taken(one, [some[:1]]) == 1
    mixed = taken(one, [some, some[:3], torch.tensor(2.0)])  # as blocks of another's net may be
    np.testing.assert_allclose(mixed[1], rank_of(some[:3].double().numpy()), rtol=1e-5)
    assert mixed[2] == 1


def test_a_channel_is_dead_where_all_is_zero_and_alive_with_one_element() -> None:
    activation = torch.zeros(SHAPE)
    activation[2, 3, 1, 1], activation[0, 0, 0, 0] = -1e-30, torch.nan
    assert taken(quantity("dead_share"), [activation]).item() == pytest.approx(5 / 7)
    assert taken(quantity("dead_share"), [torch.zeros(4, 3)]) == 1


def test_held_out_images_by_numpy() -> None:
    random = np.random.default_rng(0)
    logits, labels = 3 * random.standard_normal((40, 10)), random.integers(0, 10, 40)
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    given = [torch.from_numpy(logits).float()], [torch.from_numpy(labels)]
    loss, accuracy = (quantity(name).measure(*given) for name in ("eval_loss", "eval_accuracy"))
    np.testing.assert_allclose(loss, [-np.log(shares[range(40), labels]).mean()], rtol=1e-5)
    np.testing.assert_allclose(accuracy, [np.mean(logits.argmax(1) == labels)])
    diverged = [torch.full((40, 10), torch.nan)], given[1]
    assert quantity("eval_loss").measure(*diverged).isnan()
    assert quantity("eval_accuracy").measure(*diverged) == 0


def test_held_out_quantities_are_held_where_there_is_an_evaluation() -> None:
    network = plan(tiny_spec().adapted)
    assert not EVALUATED & set(held_by(network, evaluated=False))
    assert set(held_by(network, evaluated=True)) == set(quantities())


def test_names_at_points_are_modules_of_the_net() -> None:
    names = names_in(plan(TINY))
    assert set(names) == set(POINTS)
    assert names["response"] == names["activation"]
    assert "head.linear" not in names["response"]
    assert names["branch"] == names["grad_shortcut"] == ["stages.0.0", "stages.1.0"]


OWN = """
from resnet_viz.quantities.quantity import Quantity

QUANTITY = Quantity("largest_output", "largest output", "max |y|", "The largest.", "here")


def measure(output):
    import torch

    return torch.stack([y.abs().max() for y in output])
"""
TWO_POINTS = """
from resnet_viz.quantities.quantity import Quantity

QUANTITY = Quantity("saliency", "saliency", "y . dL/dx", "Forward meets backward.", "here")


def measure(shortcut, grad_shortcut):
    import torch

    return torch.stack([a.norm() * b.norm() for a, b in zip(shortcut, grad_shortcut)])
"""


def test_a_file_of_ones_own_is_found_in_the_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "largest_output.py").write_text(OWN)
    other = tmp_path / "other"
    other.mkdir()
    (other / "saliency.py").write_text(TWO_POINTS)
    monkeypatch.setenv("RESNET_VIZ_QUANTITIES", f"{tmp_path}:{other}")
    spec = tiny_spec(steps=3, measure_every=2)
    assert spec.quantities["largest_output"].names == ("stages.0.0", "stages.1.0")
    first, second, _ = train(spec)
    largest, rms = first.values["largest_output"], first.values["output_rms"]
    assert largest.shape == first.values["saliency"].shape == (2,)
    assert (largest > rms).all()
    assert "largest_output" not in second.values
    monkeypatch.delenv("RESNET_VIZ_QUANTITIES")
    assert "largest_output" not in quantities()
