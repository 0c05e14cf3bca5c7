"""What is said of a block that was deleted: which result it is read from, and its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viz.findings.lesion import Lesion, Removal, lesion_in, lesion_sentence, removal_in
from resnet_viz.measurements.base.measurement import Value
from resnet_viz.measurements.base.result import MeasurementResult

BLOCKS = ("stages.0.0", "stages.0.1", "stages.1.0")


def result(block: str, errors: list[float], step: int = 60, **other: Value) -> MeasurementResult:
    settings = {"images": 256, "block": block, **other}
    found = {
        "error": np.array(errors),
        "loss": np.array(errors) * 10,
        "whole_error": np.array(0.03125),
        "whole_loss": np.array(0.09),
    }
    return MeasurementResult(step, "lesions", settings, 1.0, found)


def error(results: list[MeasurementResult], block: str, step: int = 60) -> float | None:
    found = lesion_in(results, BLOCKS, block, step)
    return None if found is None else found.error


def test_each_block_in_turn_is_a_result_for_every_block() -> None:
    nan = float("nan")
    in_turn, alone = result("", [0.1, 0.2, 0.3]), result(BLOCKS[1], [nan, 0.25, nan])
    assert [error([in_turn], block) for block in BLOCKS] == [0.1, 0.2, 0.3]
    assert error([alone], BLOCKS[1]) == 0.25
    assert error([alone], BLOCKS[0]) is None
    assert error([in_turn, alone], BLOCKS[1]) == 0.25  # the newest
    assert error([in_turn, alone], BLOCKS[0]) == 0.1


def test_several_blocks_are_a_result_of_their_own() -> None:
    nan, both = float("nan"), f"{BLOCKS[0]},{BLOCKS[2]}"
    alone, together = result(BLOCKS[0], [0.1, nan, nan]), result(both, [0.4, nan, 0.4])
    assert error([alone, together], both) == 0.4
    assert error([alone, together], BLOCKS[0]) == 0.1
    assert error([alone], both) is None


def test_a_removal_is_read_from_the_newest_result_for_exactly_these_blocks() -> None:
    def removed(blocks: str, wrong: float, step: int = 60) -> MeasurementResult:
        found = {"error": wrong, "whole_error": 0.02, "seen": 256}
        arrays = {name: np.array(value) for name, value in found.items()}
        return MeasurementResult(step, "removal", {"images": 256, "blocks": blocks}, 1.0, arrays)

    results = [removed("a,b", 0.3), removed("a", 0.1), removed("a,b", 0.4)]
    assert removal_in(results, "a,b", 60) == Removal(0.02, 0.4, 256)
    assert removal_in(results, "b", 60) is None
    assert removal_in(results, "a", 0) is None


def test_other_steps_images_and_measurements_are_no_results() -> None:
    values = [0.1, 0.2, 0.3]
    other = MeasurementResult(60, "shares", {"images": 256}, 1.0, {"share": np.ones(3)})
    damaged = MeasurementResult(60, "lesions", {"images": 256, "block": ""}, 1.0, {})
    found = [result("", values, step=0), result("", values, images=64), other, damaged]
    assert error(found, BLOCKS[0]) is None
    assert error(found, BLOCKS[0], step=0) == 0.1


def test_the_sentence_has_the_results_numbers() -> None:
    found = Lesion(1060, 0.03125, 0.05, 0.0912, 0.161)
    assert lesion_sentence("resnet20", "stages.1.1", found, has_batch_norm=True) == (
        "resnet20 without block 2 of stage 2: error on the training images 3.1% → 5.0%, loss 0.091 "
        "→ 0.16 (step 1,060, batch norm recalibrated)."
    )
    two, four = "a,b", "a,b,c,d"
    assert "resnet20 without a and b: " in lesion_sentence(
        "resnet20", two, found, has_batch_norm=True
    )
    assert "without 4 blocks: " in lesion_sentence("resnet20", four, found, has_batch_norm=True)
    assert "batch norm" not in lesion_sentence("a", "b", found, has_batch_norm=False)


@pytest.mark.parametrize(("whole", "learnt"), [(0.4, True), (0.8, False)])
def test_of_a_net_that_has_not_learnt_a_lesion_says_nothing(whole: float, learnt: bool) -> None:
    sentence = lesion_sentence("a", "b", Lesion(0, whole, 0.9, 2, 3), has_batch_norm=True)
    assert ("has learnt too little" in sentence) != learnt


def test_a_block_that_cannot_be_left_out_has_no_numbers() -> None:
    nan = float("nan")
    sentence = lesion_sentence("a", "b", Lesion(60, 0.1, nan, 0.2, nan), has_batch_norm=True)
    assert "cannot be left out" in sentence
    assert "%" not in sentence
