"""The Race page, run by Streamlit's AppTest on a lab of its own: opened, and read."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.testing.v1 import AppTest

from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.stage.followed import Followed
from resnet_viz.stage.told import nets, told
from resnet_viz.store.database import Store
from resnet_viz.store.run import insert, race_columns
from resnet_viz.ui.pages.race.state import feed_of
from resnet_viz.ui.session.lab_state import open_lab
from tests.labs import end, tiny_spec
from tests.workers.test_measure_run import trained

ROOT = Path(__file__).parents[3]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    # A test presses and looks faster than anybody.
    monkeypatch.setattr("resnet_viz.lab.race_feed.READ_SECONDS", 0.0)
    # AppTest has no browser, and a mock in place of its cookies.
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", {})
    return tmp_path / "home"


@pytest.fixture
def lab(home: Path) -> Iterator[Lab]:
    """The lab that the page under test uses; no process outlives the test."""
    one = Lab(home)
    yield one
    end(one)


@pytest.fixture
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is started waits: a page says what it says, and no process begins."""
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)


def finished(lab: Lab, steps: int, names: Sequence[str] = ("tiny",)) -> str:
    """The id of a race of tiny nets, which were trained here and are over."""
    for seed, name in enumerate(names):
        spec = tiny_spec(steps=steps, name=name, seed=seed)
        trained(lab.home, spec, f"run-of-{name}", ("finished", seed))
    with Store(lab.home).writing() as connection:
        insert(connection, "races", race_columns("finished", names, [0]))
    return "finished"


def opened(**query: str) -> AppTest:
    """The page, by an address."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    for key, value in query.items():
        app.query_params[key] = value
    return app.switch_page("pages/race.py").run()


def race_page(link: str = "", key: str = "") -> AppTest:
    return opened(**({"race": link} if link else {}), **({"steer": key} if key else {}))


def address(app: AppTest) -> dict[str, str]:
    """What the page has made of its address."""
    assert not app.exception
    return {key: "".join(texts) for key, texts in app.query_params.items()}


def steering(lab: Lab, race_id: str) -> AppTest:
    return race_page(race_id, lab.steering_key(race_id))


def set_number(app: AppTest, field: str, value: float) -> AppTest:
    return app.number_input(key=f"race_{field}").set_value(value).run()


def errors(app: AppTest) -> list[str]:
    assert not app.exception
    return [error.value for error in app.error]


def text(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(element.value for element in app.markdown)


def shown(app: AppTest, component: str) -> dict[str, Any]:
    """What our own component `component` was last given to show."""
    assert not app.exception
    protos = [element.proto for element in app.get("bidi_component")]
    (found,) = [p for p in protos if p.component_name == f"resnet_viz_{component}"]
    return dict(json.loads(found.json))


def stage(app: AppTest) -> dict[str, Any]:
    """What the stage on the page is told of its race, by the server's feed."""
    feed = feed_of(open_lab(), shown(app, "stage")["race"])
    message: dict[str, Any] = json.loads(Followed(nets, told).text(feed.look()))
    return message


def notes(app: AppTest) -> dict[str, str]:
    """What stands beside each net's bar."""
    message = stage(app)
    return {net["name"]: note for net, note in zip(message["nets"], message["notes"], strict=True)}


def press(app: AppTest, name: str, **more: object) -> AppTest:
    """A press on the stage, such as "pause", as the browser sends it."""
    (element,) = [
        element.proto
        for element in app.get("bidi_component")
        if element.proto.component_name == "resnet_viz_stage"
    ]
    states = app._tree.get_widget_states()
    event = {"event": "wishes", "value": [{"name": name, "at": time.monotonic(), **more}]}
    trigger = states.widgets.add()
    trigger.id = _make_trigger_id(element.id, "events")
    trigger.json_trigger_value = json.dumps([event])
    return app._run(states)


def has_button(app: AppTest, key: str) -> bool:
    return any(button.key == key for button in app.button)
