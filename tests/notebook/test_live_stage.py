"""The live stage without a browser: what its Python tells, and does when it is told."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.notebook.show import show
from tests.labs import ENDLESS, lab, tiny_spec, wait_until

pytestmark = pytest.mark.integration
pytest.importorskip("anywidget")
__all__ = ["lab"]


def test_a_race_under_way_is_told_steered_and_kept(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    from resnet_viz.notebook.live_stage import LiveStage

    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(LiveStage, "send", lambda _, content: sent.append(content))
    race = lab.race([tiny_spec(name="a", steps=ENDLESS)], pace=20)
    stage = show(race, lab)
    assert isinstance(stage, LiveStage)
    assert [net["name"] for net in json.loads(stage.race)["nets"]] == ["a"]
    wait_until(lambda: lab.race_runs(race)[0].steps_done > 2 and len(sent) > 2)
    assert all("text" in one for one in sent)

    def hear(name: str, value: object = None) -> None:
        stage._handle_custom_msg({"name": name, "value": value}, [])

    hear("pause")
    wait_until(lambda: lab.race_runs(race)[0].status == "paused")
    before = lab.race_runs(race)[0].steps_done
    hear("train_one")
    wait_until(lambda: lab.race_runs(race)[0].steps_done == before + 1)
    sent.clear()
    hear("look", True)
    wait_until(lambda: any("nets" in json.loads(one["text"]) for one in sent))
    lab.stop(race)
    wait_until(lambda: json.loads(stage.race)["over"])
    records = json.loads(stage.race)["records"]
    assert len(records[0]["series"]["grad_norm"]["steps"]) == lab.race_runs(race)[0].steps_done


def test_without_anywidget_a_sentence_says_how_to_install_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    race = lab.race([tiny_spec(steps=ENDLESS)])
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "resnet_viz.notebook.live_stage", raising=False)
    with pytest.raises(ModuleNotFoundError) as error:
        show(race, lab)
    assert str(error.value) == (
        "a live race in a notebook needs anywidget, which is not installed: "
        'pip install "resnet-viz[notebook]"'
    )
