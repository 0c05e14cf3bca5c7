"""Changes of the net on the Architecture page: its fields, its title, Undo; run by AppTest."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from tests.ui.architecture.shown import chips, errors, numbers, opened
from tests.ui.headings import headers


def test_an_invalid_field_is_named_and_the_last_good_view_stays(app: AppTest) -> None:
    app.run()
    before = numbers(app)
    app.text_input(key="field.depths").set_value("3, 0, zwei, 3").run()
    [error] = errors(app)
    words = "0 is too small, the least is 1; 'zwei' is no whole number"
    assert error == f"depths: {words}. Still showing ResNet-34."
    at_the_field = [re.sub(r"\\(.)", r"\1", markdown.value) for markdown in app.markdown]
    assert f":red[{words}]" in at_the_field
    assert numbers(app) == before
    app.text_input(key="field.depths").set_value("1 1 1 1").run()
    assert errors(app) == []
    shown = revise(preset("resnet34"), depths=(1, 1, 1, 1))
    assert numbers(app)["Parameters"] == f"{plan(shown).params:,}"


def test_fields_that_cannot_matter_are_disabled(app: AppTest) -> None:
    app.run()
    assert app.number_input(key="field.cardinality").disabled
    app.selectbox(key="preset").set_value("resnext50_32x4d").run()
    assert not app.number_input(key="field.cardinality").disabled
    app.selectbox(key="field.block").set_value("basic").run()
    assert errors(app) == []  # the groups no longer count


def _undo(app: AppTest) -> Button:
    return next(button for button in app.button if button.label == "Undo")


def test_undo_goes_back_step_by_step(app: AppTest) -> None:
    app.run()
    assert _undo(app).disabled
    app.selectbox(key="preset").set_value("resnet56-cifar").run()
    app.selectbox(key="field.norm").set_value("group").run()
    app.toggle(key="shortcuts_on").set_value(False).run()
    names = [headers(app)[0]]
    nets = [app.session_state["net_on_show"].config]
    for _ in range(3):
        _undo(app).click().run()
        names.append(headers(app)[0])
        nets.append(app.session_state["net_on_show"].config)
    assert nets == [
        revise(preset("plain56-cifar"), norm="group"),
        revise(preset("resnet56-cifar"), norm="group"),
        preset("resnet56-cifar"),
        preset("resnet34"),
    ]
    assert names == ["ResNet-56, changed:", "ResNet-56, changed:", "ResNet-56", "ResNet-34"]
    assert _undo(app).disabled
    assert errors(app) == []


def test_what_changed_from_the_preset_is_said(app: AppTest) -> None:
    app.run()
    app.selectbox(key="preset").set_value("resnet50").run()
    app.selectbox(key="field.norm").set_value("none").run()
    assert headers(app)[0] == "ResNet-50, changed:"
    assert chips(app) == ["no norm (was batch norm)"]


def test_every_field_is_in_the_form_with_help_and_a_source(app: AppTest) -> None:
    app.run()
    boxes = [*app.selectbox, *app.text_input, *app.number_input, *app.checkbox]
    helps = {box.key.removeprefix("field."): box.help for box in boxes if box.key}
    assert helps.keys() >= ResNetConfig.model_fields.keys()
    assert all(helps[field] for field in ResNetConfig.model_fields)


@pytest.mark.parametrize(
    ("preset_name", "field", "value", "disabled"),
    [
        ("resnet34", "shortcut", "none", "stochastic_depth"),
        ("resnet34", "shortcut", "projection_all", "shortcut_transform"),
        ("resnet34", "norm", "none", "zero_init_residual"),
        ("seresnet50", "attention", "none", "se_reduction"),
        ("resnet34", "activation_order", "full_preactivation", "final_activation"),
    ],
)
def test_disabled_fields_say_why(
    app: AppTest, preset_name: str, field: str, value: str, disabled: str
) -> None:
    app.run()
    app.selectbox(key="preset").set_value(preset_name).run()
    app.selectbox(key=f"field.{field}").set_value(value).run()
    boxes = [*app.selectbox, *app.number_input, *app.checkbox]
    box = next(box for box in boxes if box.key == f"field.{disabled}")
    assert box.disabled
    assert any(caption.value in box.help for caption in app.caption)
    assert errors(app) == []


def test_an_edited_preset_is_called_no_preset_and_can_be_chosen_again(app: AppTest) -> None:
    app.run()
    app.text_input(key="field.depths").set_value("3, 4, 6, 9").run()
    box = app.selectbox(key="preset")
    assert box.value is None
    assert box.placeholder == "ResNet-46, changed from ResNet-34"
    box.set_value("resnet34").run()
    assert headers(app)[0] == "ResNet-34"
    assert app.text_input(key="field.depths").value == "3, 4, 6, 3"
    assert app.selectbox(key="preset").value == "resnet34"


def test_choosing_the_preset_on_show_mends_a_wrong_field(app: AppTest) -> None:
    app.run()
    app.text_input(key="field.depths").set_value("3, x").run()
    assert errors(app)
    app.selectbox(key="preset").set_value("resnet18").run()
    app.selectbox(key="preset").set_value("resnet34").run()
    assert errors(app) == []
    assert app.text_input(key="field.depths").value == "3, 4, 6, 3"


def test_the_title_names_the_preset_that_was_begun_with(app: AppTest) -> None:
    """ResNet-34 with depths 2, 2, 2, 9 is nearer to resnet18 in other ways, but began as 34."""
    app.run()
    app.text_input(key="field.depths").set_value("2, 2, 2, 9").run()
    app.selectbox(key="field.norm").set_value("none").run()
    assert headers(app)[0] == "ResNet-32, changed from ResNet-34:"
    assert chips(app) == [
        "blocks per stage 2-2-2-9 (was 3-4-6-3)",
        "no norm (was batch norm)",
    ]
    link = dict(app.query_params)
    assert link == {"net": "resnet34", "depths": "2-2-2-9", "norm": "none"}
    other = opened()
    other.query_params.update(link | {"net": "resnet152", "block": "basic"})
    other.run()
    assert headers(other)[0] == "ResNet-32, changed from ResNet-152:"
    assert other.query_params["net"] == "resnet152"


def test_one_net_with_two_names_keeps_the_chosen_one(app: AppTest) -> None:
    app.run()
    app.selectbox(key="preset").set_value("dnddnjs32-cifar").run()
    assert headers(app)[0] == "ResNet-32 (dnddnjs)"
    assert app.selectbox(key="preset").value == "dnddnjs32-cifar"


def _switch(app: AppTest, *, on: bool) -> None:
    app.toggle(key="shortcuts_on").set_value(on).run()
    assert errors(app) == []


@pytest.mark.parametrize("name", ["resnet50d", "resnet34", "preact110-cifar"])
def test_a_plain_net_gets_back_the_shortcut_it_had(app: AppTest, name: str) -> None:
    app.query_params["net"] = name
    app.query_params["stochastic_depth"] = "0.2"
    app.run()
    before = app.session_state["net_on_show"].config
    _switch(app, on=False)
    app.selectbox(key="field.activation").set_value("gelu").run()
    assert app.session_state["net_on_show"].config.shortcut == "none"
    _switch(app, on=True)
    assert app.session_state["net_on_show"].config == revise(before, activation="gelu")


def test_a_plain_preset_gets_shortcuts_without_parameters(app: AppTest) -> None:
    app.query_params["net"] = "plain56-cifar"
    app.run()
    _switch(app, on=True)
    assert headers(app)[0] == "ResNet-56"


def test_a_group_opens_when_a_field_in_it_becomes_wrong(app: AppTest) -> None:
    """By itself it is one that has not been there: Streamlit opens no other that is folded."""
    app.run()
    assert _open(app) == {}
    app.number_input(key="field.dropout").set_value(2.0).run()
    assert errors(app)
    first = _open(app)
    assert list(first) == ["Regularisation"]
    app.number_input(key="field.dropout").set_value(0.5).run()
    assert errors(app) == []
    assert _open(app) == first  # it does not close under the hand
    app.number_input(key="field.dropout").set_value(3.0).run()
    second = _open(app)
    assert list(second) == ["Regularisation"]
    assert second != first


def _open(app: AppTest) -> dict[str, str]:
    """The groups that begin open: title and identity."""
    return {group.label: str(group.key) for group in app.expander if group.proto.expanded}
