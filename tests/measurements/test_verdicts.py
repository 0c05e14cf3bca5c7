"""What is said of results, in both directions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import ArrayLike

from tests.measurements.made import net, verdict


@pytest.mark.parametrize(
    ("name", "found", "word", "part"),
    [
        ("shattering", {"cosine": 0.8}, "smooth", "mean cosine of 0.800."),
        ("shattering", {"cosine": 0.01}, "noise", "0.0100"),
        ("shattering", {"cosine": 0.3}, "rough", "0.300"),
        ("shattering", {"cosine": np.nan}, "not finite", "inf or NaN"),
        ("shares", {"share": [0.9, 0.7]}, "through the shortcuts", "80%"),
        ("shares", {"share": [0.1, 0.3]}, "through the branches", "20%"),
        ("variance", {"times_k": [1.1, 0.9]}, "adds about 1/k", "1.0/k"),
        ("variance", {"times_k": [9, 9]}, "adds much", "9.0/k"),
        ("variance", {"times_k": [0.1, 0.1]}, "adds little", "0.10/k"),
        ("rank_cka", {"rank": [30, 25], "cka": [0.9, 0.5]}, "not collapsed", "27.5 directions"),
        ("rank_cka", {"rank": [1.2, 1.4], "cka": [0.9, 0.1]}, "few directions", "CKA of 0.100"),
        ("path_lengths", {"low": 0, "high": 1, "paths": [1, 3, 3, 1]}, "short paths", "0 to 1"),
        ("path_lengths", {"low": 2, "high": 3, "paths": [1, 3, 3, 1]}, "long paths", "2 to 3 of"),
        ("path_lengths", {"low": 3, "high": 3, "paths": [0, 0, 0, 1]}, "one path", "all 3"),
        ("lesions", {"error": [0.05, 0.5, 0.04], "whole_error": 0.01}, "hardly missed", "5.0%"),
        ("lesions", {"error": [0.9, 0.8, np.nan], "whole_error": 0.01}, "missed", "85.0%"),
        (
            "lesions",
            {"error": [0.9] * 3, "whole_error": 0.88},
            "says nothing",
            "88.0% of the answers are wrong",
        ),
        ("hessian", {"eigenvalue": -1e6, "residual": 0.1}, "-1.0e6", "within 10%"),
        ("hessian", {"eigenvalue": -50.0, "residual": 0}, "-50", "negative (a saddle)"),
        ("hessian", {"eigenvalue": 200.0, "residual": 0}, "200", "2 / λ = 0.0100 overshoot"),
        ("landscape", {"nonconvex": 0.1, "loss": np.eye(3)}, "mostly a bowl", "10% of"),
        ("landscape", {"nonconvex": 0.9, "loss": np.eye(3)}, "mostly no bowl", "is 1.00"),
        ("landscape", {"nonconvex": 0.1, "loss": 2 * np.eye(3)}, "says little", "it says little"),
        ("gradients", {"ratio": 3000}, "explodes", "3,000 times"),
        ("gradients", {"ratio": 30}, "grows", "30.0 times"),
        ("gradients", {"ratio": 0.001}, "vanishes", "0.0010 times"),
    ],
)
def test_a_result_is_said_with_its_numbers(
    name: str, found: Mapping[str, ArrayLike], word: str, part: str
) -> None:
    found_out = verdict(net(name, found))
    assert found_out.word == word.replace("1.0e6", "1,000,000") or found_out.word == word
    assert part in found_out.sentence


def test_of_few_images_nobody_says_that_their_features_collapse() -> None:
    few = net("rank_cka", {"rank": [2.8], "cka": [0.9]}, images=4)
    assert verdict(few).word == "too few images"


def test_of_a_trained_net_it_is_said_that_collapse_looks_smooth() -> None:
    assert "collapsed" in verdict(net("shattering", {"cosine": 0.8}, step=60)).sentence
    assert "collapsed" not in verdict(net("shattering", {"cosine": 0.8})).sentence
