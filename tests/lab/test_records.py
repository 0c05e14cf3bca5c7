import numpy as np
import pytest

from resnet_viz.lab.records import History, StepRecord


def record(step: int, layers: int = 3) -> StepRecord:
    random = np.random.default_rng(step)
    names = ("grad_norm", "weight_norm", "update_ratio")
    values = {name: random.random(layers, dtype=np.float32) for name in names}
    return StepRecord(step, random.random(), random.random(), 0.5 * step, values)


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 200])
def test_history_columns_are_the_stacked_records(count: int) -> None:
    records = [record(step) for step in range(count)]
    history = History()
    for start in range(0, count, 7):
        history.extend(records[start : start + 7])
    assert len(history) == count
    for name in ("loss", "accuracy", "seconds"):
        assert getattr(history, name).tolist() == [getattr(r, name) for r in records]
    assert history.steps.tolist() == list(range(count))
    for name in ("grad_norm", "weight_norm", "update_ratio"):
        column = getattr(history, name)
        assert column.dtype == np.float32
        if count:
            np.testing.assert_array_equal(column, np.stack([getattr(r, name) for r in records]))
        else:
            assert column.shape[0] == 0


def test_a_column_read_before_does_not_change_and_cannot_be_written() -> None:
    history = History([record(0)])
    before = history.loss
    history.extend(record(step) for step in range(1, 100))
    assert before.tolist() == [record(0).loss]
    with pytest.raises(ValueError, match="read-only"):
        history.loss[0] = 0.0


def test_nan_and_infinity_are_kept() -> None:
    odd = np.array([np.nan, np.inf], np.float32)
    history = History([StepRecord(0, np.nan, 0.0, 0.1, {"grad_norm": odd})])
    np.testing.assert_array_equal(history.grad_norm[0], odd)
    assert np.isnan(history.loss[0])
