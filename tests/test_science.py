"""benchmarks/science.py: its quickest part, whose figures do not hang on a run's chaos."""

from __future__ import annotations

import pytest
import torch

from benchmarks.science import PARTS, main, span


def test_the_gradient_at_the_start_is_what_was_reported() -> None:
    plain, residual, zero = PARTS["init"]((0,), True)
    assert 1e3 < plain.ours[0] < 1e4
    assert 10 < residual.ours[0] < 60
    assert zero.ours[0] == pytest.approx(1, abs=0.05)
    torch.set_flush_denormal(False)


def test_ranges_and_refusals(capsys: pytest.CaptureFixture[str]) -> None:
    assert span([0.04, 0.1, 0.07]) == "0.04 to 0.1"
    assert span([3200.0]) == "3.2e+03"
    for wrong in (("colour",), ("--seeds", "6")):
        with pytest.raises(SystemExit, match="2"):
            main(wrong)
    assert "allowed are 1 to 5" in capsys.readouterr().err
