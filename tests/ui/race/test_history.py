"""Back and Forward of the browser, between a race and the settings that it was begun with."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.testing.v1 import AppTest

from resnet_viz.lab.lab import Lab
from tests.ui.race.conftest import address, has_button, opened, set_number

pytestmark = pytest.mark.usefixtures("no_workers")
RESET = ScriptRunContext.reset


@pytest.fixture
def begun(lab: Lab) -> AppTest:
    """A race that was begun from settings of its own."""
    return opened(steps="2", lr="0.05").button(key="race_start").click().run()


def led(app: AppTest, **query: str) -> AppTest:
    """Led to an address by the browser's history: Streamlit then says so to the script's run."""

    def reset(context: ScriptRunContext, *args: Any, **named: Any) -> None:
        RESET(context, *args, **named | {"is_history_navigation": True})

    app.query_params.clear()
    for key, value in query.items():
        app.query_params[key] = value
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScriptRunContext, "reset", reset)
        return app.run()


def switched(app: AppTest, page: str) -> AppTest:
    """By the menu, which drops the address."""
    app.query_params.clear()
    return app.switch_page(f"pages/{page}.py").run()


def test_back_leads_from_a_race_to_its_settings_and_forward_to_it_again(begun: AppTest) -> None:
    race, settings = address(begun), {"steps": "2", "lr": "0.05"}
    assert list(race) == ["race"]
    assert address(led(begun, **settings)) == settings
    assert not begun.button(key="race_start").disabled
    assert not has_button(begun, "race_stop")
    assert begun.number_input(key="race_lr").value == 0.05
    assert address(begun.run()) == settings
    assert address(led(begun, **race)) == race
    assert not has_button(begun, "race_start")


def test_a_press_that_was_sent_with_the_settings_address_is_no_back(begun: AppTest) -> None:
    race = address(begun)
    begun.query_params.clear()
    begun.query_params["steps"] = "2"
    assert address(begun.run()) == race


def test_back_leads_to_the_settings_as_the_address_has_them(lab: Lab) -> None:
    app = set_number(set_number(opened(), "steps", 2), "lr", 0.05)
    assert address(app) == {"steps": "2", "lr": "0.05"}
    assert address(led(app, steps="2")) == {"steps": "2"}
    assert app.number_input(key="race_lr").value == 0.01
    assert address(led(app)) == {}
    assert app.number_input(key="race_steps").value == 60
    app = set_number(app, "steps", 2).button(key="race_start").click().run()
    assert list(address(app)) == ["race"]
    assert address(led(app)) == {}, "the settings that nobody had touched"
    assert app.number_input(key="race_steps").value == 60


def test_back_passes_by_the_empty_address_of_a_switch_of_pages(begun: AppTest) -> None:
    race = address(begun)
    app = switched(switched(begun, "runs"), "race")
    assert address(app) == race
    assert address(led(app)) == race
    settings = {"steps": "2", "lr": "0.05"}
    assert address(led(app, **settings)) == settings
    app = switched(switched(app, "runs"), "race")
    assert address(app) == settings
    assert address(led(app)) == settings
    assert app.number_input(key="race_lr").value == 0.05


def test_back_undoes_how_a_race_is_looked_at(begun: AppTest) -> None:
    race = address(begun)
    begun.selectbox(key="race_quantity").set_value("update_ratio").run()
    begun.button(key="race_next").click().run()
    view = {**race, "quantity": "update_ratio", "open": "next", "steps": "2", "lr": "0.05"}
    assert address(begun) == view
    assert address(led(begun, **race, quantity="update_ratio")) == {
        **race,
        "quantity": "update_ratio",
        "steps": "2",
        "lr": "0.05",
    }
    assert begun.selectbox(key="race_quantity").value == "update_ratio"
    assert not has_button(begun, "race_start")
    led(begun, **race)
    assert begun.selectbox(key="race_quantity").value == "grad_norm"
    assert address(led(begun, **view)) == view
    assert has_button(begun, "race_start")
    app = switched(switched(begun, "runs"), "race")
    assert address(app) == view
    assert address(led(app)) == view, "the empty address of the switch"
