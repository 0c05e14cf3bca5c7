"""The states of layers: how they are told, when they are recorded, where they are said."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from resnet_viz.lab.long_form import csv_text
from resnet_viz.quantities import quantity
from resnet_viz.quantities.layer_states import (
    LAYER_STATE,
    LayerState,
    StateLog,
    layer_states,
    state_at,
    states_across,
    states_over,
    words_of,
)
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import Floats, History, StepRecord
from resnet_viz.training.loop import train
from tests.labs import tiny_spec

M, U, F, C, S, H, N = LayerState


def values(gradients: list[float], updates: list[float], weight: float = 1.0) -> dict[str, Floats]:
    return {
        "grad_norm": np.array(gradients, np.float32),
        "update_ratio": np.array(updates, np.float32),
        "weight_norm": np.full(len(gradients), weight, np.float32),
    }


@pytest.mark.parametrize(
    ("known", "gradients", "updates", "expected"),
    [
        ((M, M), (1.0, 2.0), (1e-3, 1e-3), (M, M)),
        ((U, F), (np.nan, np.nan), (0.0, 0.0), (U, F)),
        ((M, M), (0.0, 2.0), (1e-3, 1e-3), (M, M)),  # dead: measured, and 0
        ((M, M), (0.0, 0.0), (1e-3, 0.0), (M, M)),  # all dead, moved by weight decay
        ((M, M), (1.0, 2.0), (0.0, 1e-3), (S, M)),
        ((M, M), (1.0, 2.0), (0.0, 0.0), (S, S)),
        ((M, M), (np.inf, np.nan), (0.0, 1e-3), (N, N)),
        ((M, H), (1.0, np.nan), (1e-3, np.nan), (M, H)),
    ],
)
def test_a_state_for_each_reason(
    known: tuple[LayerState, ...],
    gradients: list[float],
    updates: list[float],
    expected: tuple[LayerState, ...],
) -> None:
    found = layer_states(np.array(known), values(list(gradients), list(updates)))
    assert tuple(map(LayerState, found)) == expected


def test_gradients_that_nobody_saw_and_that_are_all_0_were_cleared() -> None:
    known, moved = np.array([M, M, F]), values([0, 0, np.nan], [1e-3, 0, 0])
    assert tuple(layer_states(known, moved, is_cleared=True)) == (C, C, F)
    still = values([0, 0, np.nan], [0, 0, 0])
    assert tuple(layer_states(known, still, is_cleared=True)) == (M, M, F)
    assert tuple(layer_states(np.array([M]), values([1], [1], np.nan))) == (N,)


def history(*codes: tuple[LayerState, ...] | None) -> History:
    log = StateLog()
    records = []
    for step, of_step in enumerate(codes):
        found = log.record(np.array(of_step)) if of_step else {}
        records.append(StepRecord(step, 1.0, 0.5, 0.1, found))
    return History(records)


def test_they_are_recorded_where_they_change_and_hold_until_then() -> None:
    held = history((F, M), (F, M), (M, M), (M, M), (F, M))
    assert held.series(LAYER_STATE).steps.tolist() == [0, 2, 4]
    found = [state_at(held, step) for step in range(6)]
    assert [tuple(f) for f in found if f is not None] == [
        *((F, M), (F, M), (M, M), (M, M), (F, M), (F, M))
    ]
    over = states_over(held, np.arange(5))
    assert over is not None
    assert over[:, 0].tolist() == [F, F, M, M, F]
    assert state_at(History(), 3) is None
    both = states_across([held, history((M, M), (M, U))])
    assert both.steps.tolist() == [0, 1, 2, 4]
    assert both.values.tolist() == [[F, M], [F, U], [M, U], [F, U]]


def test_a_run_of_ours_records_them_once() -> None:
    spec = tiny_spec(steps=4)
    records = list(train(spec))
    layers = spec.quantities[LAYER_STATE].names
    assert layers == spec.layer_names
    assert [LAYER_STATE in record.values for record in records] == [True, False, False, False]
    assert records[0].values[LAYER_STATE].tolist() == [LayerState.MEASURED] * len(layers)


def test_a_table_says_them_in_words() -> None:
    names = ("trunk", "dead", "head")
    header = {"grad_norm": Along("layer", names), "update_ratio": Along("layer", names)}
    log, records = StateLog(), []
    for step, known in enumerate([(F, M, M), (F, M, M), (M, M, M)]):
        gradient = [np.nan if known[0] else 1.0, 0.0, 2.0]
        found = values(gradient, [0.0 if known[0] else 1e-3, 1e-3, 0.0])
        codes = layer_states(np.array(known), found)
        records.append(StepRecord(step, 1.0, 0.5, 0.1, {**found, **log.record(codes)}))
    whole = header | {LAYER_STATE: Along("layer", names)}
    for own, states in ((whole, ()), (header, (whole[LAYER_STATE],))):
        text = "".join(csv_text([("net", records, own)], states=states))
        rows = list(csv.DictReader(io.StringIO(text)))
        said = {(r["step"], r["quantity"], r["of"]): r["note"] for r in rows}
        for step in "01":
            assert said[step, "grad_norm", "trunk"] == F.words
            assert said[step, "grad_norm", "dead"] == ""
        assert said["2", "grad_norm", "trunk"] == ""
        assert said["1", "update_ratio", "head"] == S.words
        assert (("0", LAYER_STATE, "trunk") in said) == (own is whole)
    assert said["0", "loss", "net"] == ""


def test_each_has_words() -> None:
    assert quantity(LAYER_STATE).words == tuple(words_of(state) for state in LayerState)
    assert len(set(quantity(LAYER_STATE).words)) == len(LayerState)
    assert words_of(99.0) == words_of(np.nan) == ""


def test_what_was_seen_of_weights_holds_until_they_are_looked_at_again() -> None:
    log, known = StateLog(), np.array([M, M])
    assert list(log.states(known, values([1.0, 1.0], [0.0, 1e-3]))) == [S, M]
    between = {"grad_norm": np.array([1.0, 1.0], np.float32)}
    gone_on = StateLog()
    gone_on.load_state_dict(log.state_dict())
    for one in (log, gone_on):
        assert list(one.states(known, between)) == [S, M]
    assert list(log.states(known, values([1.0, 1.0], [1e-3, 1e-3]))) == [M, M]
    older = StateLog()
    older.load_state_dict({"last": None})
    assert list(older.states(known, values([1.0, 1.0], [0.0, 1e-3]))) == [S, M]
