import numpy as np
import pytest

from resnet_viz.quantities.records import History, StepRecord


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
        column = history.series(name).values
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
    np.testing.assert_array_equal(history.series("grad_norm").values[0], odd)
    assert np.isnan(history.loss[0])


@pytest.mark.parametrize("count", [1, 7, 8, 9, 15, 16, 17, 40, 1000])
def test_of_a_long_history_every_second_fourth_step_is_kept_and_the_newest(count: int) -> None:
    records = [record(step) for step in range(count)]
    history = History(records, most=8)
    taken = history.series("grad_norm")
    steps = taken.steps.tolist()
    assert len(history) == count
    assert history.loss.tolist() == [r.loss for r in records]
    assert len(steps) <= 9
    assert steps[-1] == count - 1
    every = max(1, steps[1] - steps[0]) if len(steps) > 1 else 1
    assert every & (every - 1) == 0
    assert steps == sorted({*range(0, count, every), count - 1})
    np.testing.assert_array_equal(taken.values, np.stack([records[s].grad_norm for s in steps]))


@pytest.mark.parametrize("most", [None, 8])
def test_a_frozen_history_does_not_grow(most: int | None) -> None:
    records = [record(step) for step in range(60)]
    history = History(most=most)
    frozen = []
    for one in records:
        frozen.append(history.frozen())
        history.extend([one])
    for count, before in enumerate(frozen):
        expected = History(records[:count], most=most)
        assert before.steps.tolist() == expected.steps.tolist()
        for name in expected.quantities:
            np.testing.assert_array_equal(before.series(name).values, expected.series(name).values)
