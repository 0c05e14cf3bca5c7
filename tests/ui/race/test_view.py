"""A race's link: what it opens, and what is looked at in it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.lab.lab import Lab
from tests.labs import tiny_spec
from tests.ui.race.conftest import (
    ROOT,
    errors,
    finished,
    has_button,
    notes,
    race_page,
    shown,
    steering,
)

pytestmark = pytest.mark.usefixtures("no_workers")


def test_the_link_holds_what_is_looked_at(lab: Lab) -> None:
    race_id = finished(lab, steps=5)
    app = race_page(race_id)
    assert list(app.query_params) == ["race"]
    app.selectbox(key="race_quantity").set_value("update_ratio").run()
    app.button(key="race_next").click().run()
    app.button(key="race_present").click().run()
    query = {key: "".join(values) for key, values in app.query_params.items()}
    assert query == {"race": race_id, "quantity": "update_ratio", "open": "next", "present": "1"}
    other = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    for key, value in {**query, "step": "2", "present": "0"}.items():
        other.query_params[key] = value
    other.switch_page("pages/race.py").run()
    assert errors(other) == []
    assert other.selectbox(key="race_quantity").value == "update_ratio"
    assert has_button(other, "race_start"), "the panel of the next race is open"
    assert shown(other, "stage")["step"] == 2


def test_a_view_that_is_none_is_left_out(lab: Lab) -> None:
    race_id = finished(lab, steps=2)
    for query in ({"quantity": "nonsense"}, {"quantity": "eval_loss"}, {"step": "²"}):
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
        for key, value in {"race": race_id, "open": "<b>", **query}.items():
            app.query_params[key] = value
        app.switch_page("pages/race.py").run()
        assert errors(app) == []
        assert app.selectbox(key="race_quantity").value == "grad_norm"
        assert shown(app, "stage")["step"] == 0, "where a recording begins"


def test_present_mode_has_no_settings(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=1_000_000)])
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    for key, value in {"race": race_id, "present": "1", "open": "next"}.items():
        app.query_params[key] = value
    app.query_params["steer"] = lab.steering_key(race_id)
    app.switch_page("pages/race.py").run()
    assert errors(app) == []
    assert [button.key for button in app.button] == []
    told = shown(app, "stage")
    assert (told["race"], told["steers"], told["alone"]) == (race_id, True, True)
    assert [markdown.value for markdown in app.markdown] == []
    lab.stop(race_id)


@pytest.mark.parametrize("link", ["nonsense", "", "x" * 5000, "'; DROP TABLE runs; --", "é\u0000"])
def test_link_to_no_race(lab: Lab, link: str) -> None:
    app = race_page(link or " ")
    assert len(app.warning) == 1
    assert "cannot be shown" in app.warning[0].value
    assert errors(app) == []
    assert "race" not in app.query_params
    assert not app.button(key="race_start").disabled


def test_ids_with_two_underscores(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """token_urlsafe makes such ids; Streamlit refuses them in the keys of components."""
    ids = iter(["_a__b_", "_c__d_"])
    monkeypatch.setattr("resnet_viz.store.run.secrets.token_urlsafe", lambda _: next(ids))
    race_id = lab.race([tiny_spec(steps=1, name="mine")])
    assert "__" in race_id
    assert "mine" in notes(steering(lab, race_id))


def test_another_session_needs_the_link(lab: Lab) -> None:
    race_id = lab.race([tiny_spec(steps=1, name="mine")])
    assert "mine" in notes(race_page(race_id))
    other = race_page()
    assert shown(other, "stage")["race"] == ""


def test_link_comes_back_after_a_page_switch(lab: Lab) -> None:
    app = race_page(lab.race([tiny_spec(steps=1, name="mine")]))
    app.switch_page("pages/architecture.py").run()
    app.query_params.clear()
    app.switch_page("pages/race.py").run()
    assert "mine" in notes(app)
    assert "race" in app.query_params
