"""A followed race: whatever came between two messages, the reader's rows are those of the race."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from resnet_viz.findings.contestant import Contestant
from resnet_viz.lab.race_feed import Look
from resnet_viz.quantities.records import History
from resnet_viz.stage.followed import Followed
from tests.report.test_report import reported
from tests.stage.test_message import unpacked


class Reader:
    """What a browser keeps of the messages, as history.js does."""

    def __init__(self) -> None:
        self.loss: list[float] = []
        self.rows: dict[str, tuple[list[int], list[float]]] = {}
        self.wholes = 0

    def hear(self, text: str) -> None:
        message: dict[str, Any] = json.loads(text)
        if "nets" in message:
            self.loss, self.rows, self.wholes = [], {}, self.wholes + 1
        [own] = message["records"]
        assert own["curves"]["begin"] == len(self.loss)
        self.loss += unpacked(own["curves"]["loss"])[:, 0].tolist()
        for name, new in own["series"].items():
            steps, values = self.rows.setdefault(name, ([], []))
            assert new["begin"] == len(steps)
            steps += new["steps"]
            values += unpacked(new["values"])[:, 0].tolist()


def look_at(net: Contestant) -> Look:
    run = SimpleNamespace(steps=400, steps_done=len(net.history), status="running")
    return Look(runs=[run])  # type: ignore[list-item]


@pytest.mark.parametrize("most", [None, 64])
def test_the_reader_has_the_records(most: int | None) -> None:
    whole = reported("resnet20-cifar", 400).contestant
    records = list(whole.history.records())
    reader, history, now = Reader(), History(most=most), whole
    followed = Followed(lambda _: [now], lambda *_: {})
    noise = np.random.default_rng(0)
    while len(history) < len(records):
        history.extend(records[len(history) : len(history) + int(noise.integers(1, 20))])
        now = replace(whole, history=history.frozen())
        reader.hear(followed.text(look_at(now)))
    now = replace(now, is_over=True)
    reader.hear(followed.text(look_at(now)))
    assert reader.loss == now.history.loss.tolist()
    series = now.history.series("grad_norm")
    steps, values = reader.rows["grad_norm"]
    assert steps == series.steps.tolist()
    assert values == series.values[:, now.main].ravel().tolist()
    assert reader.wholes < (3 if most is None else 12), "mostly it is told what is new"


def test_those_with_the_same_rows_share_a_message() -> None:
    net = reported("resnet20-cifar", 30).contestant
    look = look_at(net)
    one, other = (Followed(lambda _: [net], lambda *_: {}) for _ in range(2))
    assert one.text(look) is other.text(look)


def test_what_the_colours_are_compared_with_is_told_once_it_is_known() -> None:
    """The plain net may be the first with a record."""
    plain, residual = (reported(f"{kind}20-cifar", 5).contestant for kind in ("plain", "resnet"))
    early = replace(residual, history=History())
    now = [early, plain]
    followed = Followed(lambda _: now, lambda *_: {})
    first = json.loads(followed.text(look_at(plain)))
    assert first["quantities"][0]["usual"] is None
    now = [residual, plain]
    later = json.loads(followed.text(look_at(plain)))
    assert later["quantities"][0]["usual"] > 0
    assert later["quantities"][0]["usual_of"] == "ResNet-20"


def test_a_picture_has_room_for_steps_that_nobody_knows() -> None:
    """A watched net: the strips' axis of steps grows, and the reader gets all of it then."""
    net = reported("resnet20-cifar", 70).contestant
    records, history = list(net.history.records()), History()
    followed, reader, rooms = Followed(lambda _: [now], lambda *_: {}), Reader(), []
    open_ended = []
    for count in range(10, 71, 10):
        history.extend(records[count - 10 : count])
        now = replace(net, history=history.frozen())
        run = SimpleNamespace(steps=0, steps_done=count, status="running", is_over=count == 70)
        look = Look(runs=[run])  # type: ignore[list-item]
        text = followed.text(look)
        open_ended += [json.loads(text)["open"]] if "open" in json.loads(text) else []
        reader.hear(text)
        assert len(reader.loss) == count
        rooms.append(look.steps)
    assert rooms == [32, 32, 32, 64, 64, 64, 70]
    assert open_ended == [True, True, False], "with each whole message"
    assert reader.wholes == 3
