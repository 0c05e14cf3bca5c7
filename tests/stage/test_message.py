"""Messages: they hold the records to the last bit, whole or bit by bit."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resnet_viz.findings.contestant import Contestant
from resnet_viz.quantities.layer_states import LayerState
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import History, StepRecord
from resnet_viz.stage.message import SHARE, news_message, share_of_shortcut, whole_message
from tests.report.test_report import reported


def contestant(net: str = "resnet20-cifar", steps: int = 30) -> Contestant:
    return reported(net, steps).contestant


def unpacked(text: str, width: int = 1) -> np.ndarray:
    return np.frombuffer(b64decode(text), "<f4").reshape(-1, width)


def test_values_are_those_of_the_records() -> None:
    net = contestant()
    message = json.loads(json.dumps(whole_message([net], 60), allow_nan=False))
    own = message["records"][0]
    assert unpacked(own["curves"]["loss"])[:, 0].tolist() == net.history.loss.tolist()
    for name, rows in own["series"].items():
        if name == SHARE:
            continue
        raw, columns = net.history.series(name), net.place(name).of("main")
        assert rows["steps"] == raw.steps.tolist()
        assert (unpacked(rows["values"], len(columns)) == raw.values[:, columns]).all()
        assert len(message["nets"][0]["along"][name]["at"]) == len(columns)


def test_news_after_news_are_the_whole() -> None:
    net = contestant()
    names = ["grad_norm", "grad_input_norm"]
    whole = whole_message([net], 60, names)["records"][0]
    before = replace(net, history=History(list(net.history.records())[:21]))
    first = whole_message([before], 60, names)["records"][0]
    have = {"curves": 21} | {name: len(rows["steps"]) for name, rows in first["series"].items()}
    news = news_message([net], names, [have])["records"][0]
    assert news["curves"]["begin"] == 21
    joined = unpacked(first["curves"]["loss"]).tolist() + unpacked(news["curves"]["loss"]).tolist()
    assert joined == unpacked(whole["curves"]["loss"]).tolist()
    for name in names:
        parts = [first["series"][name], news["series"][name]]
        assert [s for part in parts for s in part["steps"]] == whole["series"][name]["steps"]
        assert b"".join(b64decode(p["values"]) for p in parts) == b64decode(
            whole["series"][name]["values"]
        )


def test_the_share_is_that_of_the_vectors() -> None:
    """g_s . g / |g|^2 of made-up gradients, from their norms and the cosine between them."""
    noise = np.random.default_rng(0)
    shortcut, branch = noise.normal(size=(2, 4, 100))
    whole = shortcut + branch
    expected = (shortcut * whole).sum(1) / (whole * whole).sum(1)
    norms = [np.linalg.norm(part, axis=1) for part in (shortcut, branch)]
    cosine = (shortcut * branch).sum(1) / (norms[0] * norms[1])
    values = {
        "grad_shortcut_norm": norms[0],
        "grad_branch_norm": norms[1],
        "grad_cosine": cosine,
    }
    net = made({name: value.astype(np.float32) for name, value in values.items()}, "block")
    assert share_of_shortcut(net).values[0] == pytest.approx(expected, rel=1e-5)


def made(values: dict[str, Any], axis: Any = "layer") -> Contestant:
    names = ("one", "two", "three", "four")
    header = {name: Along(axis, names) for name in values}
    history = History([StepRecord(0, 1.0, 0.5, 0.1, values)])
    return Contestant("net", "#0072B2", (), history, header=header, blocks=names)


def test_what_is_no_number_is_told_from_what_is_not_there() -> None:
    net = contestant("plain20-cifar", 2)
    raw = net.history.series("grad_norm").values
    record = next(net.history.records())
    values = raw[0].copy()
    values[:4] = [np.nan, np.inf, 0, 1]
    header = {**net.header, "layer_state": net.header["grad_norm"]}

    def told(first_state: int) -> np.ndarray:
        states = np.zeros(len(values), np.float32)
        states[0] = first_state
        bad = replace(record, values={"grad_norm": values, "layer_state": states})
        one = replace(net, history=History([bad]), header=header)
        own = whole_message([one], 2, ["grad_norm"])["records"][0]["series"]["grad_norm"]
        return unpacked(own["values"])[:4, 0]

    assert told(LayerState.MEASURED).tolist() == [-np.inf, np.inf, 0, 1]
    assert np.isnan(told(LayerState.FROZEN)[0])


def test_usual_is_the_median_of_the_first_residual_net_at_step_0() -> None:
    nets = [contestant("plain20-cifar"), contestant("resnet20-cifar")]
    about = whole_message(nets, 60)["quantities"][0]
    first = nets[1].history.series("grad_norm").values[0, nets[1].main]
    assert about["usual"] == pytest.approx(float(np.median(first)))
    assert about["usual_of"] == "ResNet-20"
    assert whole_message(nets[:1], 60)["quantities"][0]["usual_of"] == "Plain-20"


def test_a_long_race_is_thinned_with_its_first_and_last_step() -> None:
    net = contestant(steps=700)
    rows = whole_message([net], 700, most_rows=50)["records"][0]["series"]["grad_norm"]
    assert len(rows["steps"]) <= 50
    assert (rows["steps"][0], rows["steps"][-1]) == (0, 699)


def test_before_the_first_step_there_is_a_picture_too() -> None:
    net = replace(contestant(), history=History())
    message = whole_message([net], 60)
    assert message["quantities"][0]["usual"] is None
    assert message["records"][0]["series"]["grad_norm"]["steps"] == []
    assert message["ends"] == [None]
