from __future__ import annotations

import csv
import io
from collections.abc import Callable

import numpy as np
import pytest

from resnet_viz.arch.config import plain_twin
from resnet_viz.arch.presets import preset
from resnet_viz.plots.colours import OTHERS, PLAIN, RESIDUAL, contestant_colours
from resnet_viz.plots.race import race_csv, result_rows, story
from tests.plots.made import contestant


def test_the_net_whose_loss_fell_more_is_named_whichever_it_is() -> None:
    for better in ("residual", "plain"):
        nets = [
            contestant("resnet20-cifar", 11, name="residual", loss=_falling(better == "residual")),
            contestant("plain20-cifar", 11, name="plain", loss=_falling(better == "plain")),
        ]
        told = story(nets)[0]
        assert told.startswith(f"In 11 steps the training loss fell more in {better}:")
        assert f"{better} 2.00 to 1.00 (accuracy of the last minibatch 91%)" in told


def _falling(fast: bool) -> Callable[[int], float]:
    return lambda step: 2.0 - (0.1 if fast else 0.01) * step


def test_ties_and_rises() -> None:
    same = [contestant("plain20-cifar", 4, name=name) for name in "ab"]
    assert "fell equally in a and b" in story(same)[0]
    rising = [contestant("plain20-cifar", 4, name=n, loss=lambda s: 1.0 + s) for n in "ab"]
    assert "fell in none: a 1.00 to 4.00" in story(rising)[0]
    three = [*same, contestant("plain20-cifar", 4, name="c", loss=_falling(True))]
    assert "fell most in c" in story(three)[0]
    assert story(same[:1])[0].startswith("In 4 steps the training loss went: a 2.00 to 1.97")


def test_nets_are_compared_over_the_steps_that_all_have_done() -> None:
    nets = [
        contestant("plain20-cifar", 101, name="long", loss=_falling(False)),
        contestant("plain20-cifar", 6, name="short", loss=_falling(True)),
    ]
    assert "In 6 steps the training loss fell more in short: long 2.00 to 1.95" in story(nets)[0]


def test_loss_that_is_not_finite() -> None:
    nets = [
        contestant("resnet20-cifar", 5, name="a"),
        contestant("plain20-cifar", 5, name="b", loss=lambda s: 2.0 if s < 3 else np.nan),
    ]
    told = story(nets)[0]
    assert "fell more in a" in told
    assert "b 2.00 to not finite (first at step 3" in told


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (3.0, 2.0, "1.50 at step 0"),
        (5000.0, 2.0, "2,500 (it explodes) at step 0"),
        (1e-3, 2.0, "0.000500 (it vanishes) at step 0"),
        (100.0, 1.0, "100 at step 0"),
        (0.0, 2.0, "the first is 0 at step 0"),
        (2.0, 0.0, "the last is 0 at step 0"),
        (0.0, 0.0, "both are 0 at step 0"),
        (np.inf, 2.0, "not finite at step 0"),
        (1.0, np.nan, "not finite at step 0"),
    ],
)
def test_gradient_words_only_where_the_numbers_say_so(
    first: float, last: float, words: str
) -> None:
    net = contestant("plain20-cifar", 1, norm=lambda s, c: first if c == 0 else last)
    assert words in story([net])[1]


def test_gradient_at_first_and_last_step() -> None:
    net = contestant("plain20-cifar", 7, norm=lambda s, c: 10.0 ** (3 - s) if c == 0 else 1.0)
    expected = "plain20-cifar 1,000 (it explodes) at step 0, 0.00100 (it vanishes) at step 6."
    assert story([net])[1].endswith(expected)


def test_projections_are_not_the_first_or_last_layer() -> None:
    net = contestant("resnet50", 1, norm=lambda s, c: 1.0)
    assert "1.00 at step 0" in story([net])[1]
    assert not net.layers[net.main[0]].is_beside


def test_no_story_before_every_net_has_a_step() -> None:
    assert story([]) == []
    assert story([contestant("resnet18", 3), contestant("plain18", 0)]) == []


def test_result_rows() -> None:
    measured, waiting = result_rows(
        [contestant("resnet18", 5), contestant("plain18", 0)], [11_000, 10_000]
    )
    assert measured == {
        "net": "resnet18",
        "parameters": 11_000,
        "steps": 5,
        "first loss": 2.0,
        "last loss": pytest.approx(1.96),
        "last accuracy": 0.8,
        "gradient norm, first layer, first step": 1.0,
        "gradient norm, last layer, first step": 21.0,
        "gradient norm, first layer, last step": 3.0,
        "gradient norm, last layer, last step": 23.0,
        "seconds": 1.0,
    }
    assert list(waiting) == list(measured)
    assert (waiting["steps"], waiting["last loss"], waiting["seconds"]) == (0, None, None)


def test_csv_reads_back_exactly() -> None:
    def norm(step: int, column: int) -> float:
        return np.nan if column == 3 else (column + 1) / 3 + step

    nets = [contestant("resnet18", 3, name='a, "b"', norm=norm), contestant("plain18", 2)]
    rows = list(csv.DictReader(io.StringIO(race_csv(nets))))
    assert len(rows) == 3 * len(nets[0].layers) + 2 * len(nets[1].layers)
    own = [row for row in rows if row["net"] == 'a, "b"']
    read = np.array([float(row["grad_norm"]) for row in own], np.float32).reshape(3, -1)
    np.testing.assert_array_equal(read, nets[0].history.grad_norm)
    ratio = np.array([float(row["update_ratio"]) for row in own], np.float32).reshape(3, -1)
    np.testing.assert_array_equal(ratio, nets[0].history.update_ratio)
    assert [row["layer"] for row in own[: len(nets[0].layers)]] == [x.name for x in nets[0].layers]
    assert float(own[-1]["loss"]) == nets[0].history.loss[-1]
    assert race_csv([]).count("\n") == 1


def test_colours() -> None:
    residual = preset("resnet56-cifar")
    plain = plain_twin(residual)
    assert (RESIDUAL, PLAIN) == ("#0072B2", "#A65E00")
    assert contestant_colours([plain, residual]) == (PLAIN, RESIDUAL)
    assert contestant_colours([residual, residual, plain, plain]) == (
        RESIDUAL,
        OTHERS[0],
        PLAIN,
        OTHERS[1],
    )
    assert len(set(contestant_colours([residual] * 6))) == 6
    assert contestant_colours([]) == ()
