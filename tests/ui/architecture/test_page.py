"""The Architecture page, run by Streamlit's AppTest."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.lab.lab import Lab
from tests.ui.headings import headers
from tests.ui.jobs import settled

ROOT = Path(__file__).parents[3]


@pytest.fixture
def app() -> AppTest:
    return opened()


def opened() -> AppTest:
    """The app, whose next run draws the page."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    return app.switch_page("pages/architecture.py")


def _numbers(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.delta for metric in app.metric}


def _errors(app: AppTest) -> list[str]:
    """What the page says is wrong, as the eye reads it: without Markdown's backslashes."""
    assert not app.exception
    return [re.sub(r"\\(.)", r"\1", error.value) for error in app.error]


def _captions(app: AppTest) -> list[str]:
    return [re.sub(r"\\(.)", r"\1", caption.value) for caption in app.caption]


def _chips(app: AppTest) -> list[str]:
    """What was changed in the preset: the badges under the title."""
    [line] = [one.value for one in app.markdown if one.value.startswith(":gray-badge[")]
    return [
        re.sub(r"\\(.)", r"\1", chip) for chip in re.findall(r":gray-badge\[(.*?)\](?!\\)", line)
    ]


def test_opens_on_resnet34(app: AppTest) -> None:
    app.run()
    assert _errors(app) == []
    assert headers(app)[0] == "ResNet-34"
    assert _numbers(app)["Parameters"] == f"{plan(preset('resnet34')).params:,}"


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_no_tab_and_no_page_imports_torch_into_the_server() -> None:
    """It would take seconds at first, and 700 MB for good."""
    script = (
        "import sys, time\n"
        "from streamlit.testing.v1 import AppTest\n"
        "from resnet_viz.ui.pages.architecture.view import TABS\n"
        f"app = AppTest.from_file({str(ROOT / 'app.py')!r}, default_timeout=60).run()\n"
        "assert app.button and not app.exception\n"
        "assert 'torch' not in sys.modules, 'start'\n"
        "app.switch_page('pages/architecture.py').run()\n"
        "assert app.metric and not app.exception\n"
        "app.selectbox(key='preset').set_value('resnet20-cifar').run()\n"
        "for tab in TABS:\n"
        "    app.session_state['tab'] = tab\n"
        "    app.run()\n"
        "    until = time.monotonic() + 60\n"  # a launcher may have to begin first
        "    while tab == 'torchinfo' and not app.code and time.monotonic() < until:\n"
        "        app.run()\n"
        "    assert not app.exception and not app.error\n"
        "    if tab == 'torchinfo':\n"
        "        assert 'Total params: 269,722' in app.code[0].value\n"
        "    assert 'torch' not in sys.modules, tab\n"
        "for page in ('race', 'compare', 'design_space'):\n"
        "    app.switch_page(f'pages/{page}.py').run()\n"
        "    assert 'torch' not in sys.modules, page\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, timeout=180)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_shows_its_numbers_at_once(app: AppTest, name: str) -> None:
    app.run()
    app.selectbox(key="preset").set_value(name).run()
    assert _errors(app) == []
    network = plan(preset(name))
    shown = _numbers(app)
    assert shown["Parameters"] == f"{network.params:,}"
    assert shown["MACs"] == f"{network.macs:,}"


def test_an_invalid_field_is_named_and_the_last_good_view_stays(app: AppTest) -> None:
    app.run()
    before = _numbers(app)
    app.text_input(key="field.depths").set_value("3, 0, zwei, 3").run()
    [error] = _errors(app)
    words = "0 is too small, the least is 1; 'zwei' is no whole number"
    assert error == f"depths: {words}. The view still shows resnet34."
    at_the_field = [re.sub(r"\\(.)", r"\1", markdown.value) for markdown in app.markdown]
    assert f":red[{words}]" in at_the_field
    assert _numbers(app) == before
    app.text_input(key="field.depths").set_value("1 1 1 1").run()
    assert _errors(app) == []
    shown = revise(preset("resnet34"), depths=(1, 1, 1, 1))
    assert _numbers(app)["Parameters"] == f"{plan(shown).params:,}"


def test_fields_that_cannot_matter_are_disabled(app: AppTest) -> None:
    app.run()
    assert app.number_input(key="field.cardinality").disabled
    app.selectbox(key="preset").set_value("resnext50_32x4d").run()
    assert not app.number_input(key="field.cardinality").disabled
    app.selectbox(key="field.block").set_value("basic").run()
    assert _errors(app) == []  # the groups no longer count


def test_the_link_shows_the_same_net(app: AppTest) -> None:
    app.run()
    app.selectbox(key="preset").set_value("resnet56-cifar").run()
    app.selectbox(key="field.norm").set_value("none").run()
    link = dict(app.query_params)
    assert link == {"net": "resnet56-cifar", "norm": "none"}
    other = opened()
    for key, value in link.items():
        other.query_params[key] = value
    other.run()
    assert _numbers(other) == _numbers(app)


def test_garbage_in_the_link_is_said_and_a_net_is_shown_all_the_same(app: AppTest) -> None:
    app.query_params["net"] = "resnet5000"
    app.run()
    [error] = _errors(app)
    assert "'resnet5000'" in error
    assert headers(app)[0] == "ResNet-34"


def test_the_plain_twin_in_one_press(app: AppTest) -> None:
    app.run()
    app.selectbox(key="preset").set_value("resnet56-cifar").run()
    app.toggle(key="shortcuts_on").set_value(False).run()
    assert _errors(app) == []
    assert headers(app)[0] == "Plain-56"
    assert _numbers(app)["Shortcuts"] == "a plain net"


def _open_tab(app: AppTest, name: str) -> None:
    app.session_state["tab"] = name
    app.run()


def test_json_out_and_in(app: AppTest) -> None:
    app.run()
    _open_tab(app, "JSON")
    assert json.loads(app.code[0].value) == json.loads(preset("resnet34").model_dump_json())
    app.text_area(key="pasted").set_value(preset("wide_resnet50_2").model_dump_json())
    next(b for b in app.button if b.label == "Show the pasted net").click().run()
    assert headers(app)[0] == "Wide ResNet-50-2"
    app.text_area(key="pasted").set_value('{"block": "basic", "depths": [1')
    next(b for b in app.button if b.label == "Show the pasted net").click().run()
    [error] = _errors(app)
    assert "invalid JSON" in error
    assert headers(app)[0] == "Wide ResNet-50-2"


def test_table_tab_sums_to_the_whole(app: AppTest) -> None:
    app.run()
    _open_tab(app, "Table")
    table = next(m.value for m in app.markdown if "whole net" in m.value)
    assert f"**{plan(preset('resnet34')).params:,}**" in table
    assert r"\times 6" in table


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_torchinfo_tab(app: AppTest) -> None:
    app.run()
    _open_tab(app, "torchinfo")
    settled(app)
    assert f"Total params: {plan(preset('resnet34')).params:,}" in app.code[0].value


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_build_tab_measures(app: AppTest) -> None:
    app.query_params["net"] = "resnet20-cifar"
    app.run()
    _open_tab(app, "Build")
    next(b for b in app.button if b.label == "Build").click().run()
    settled(app)
    assert _errors(app) == []
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Output shape"] == "8 x 10"
    assert shown["Forward"].endswith("ms")


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
    assert _errors(app) == []


def test_what_changed_from_the_preset_is_said(app: AppTest) -> None:
    app.run()
    app.selectbox(key="preset").set_value("resnet50").run()
    app.selectbox(key="field.norm").set_value("none").run()
    assert headers(app)[0] == "ResNet-50, changed:"
    assert _chips(app) == ["norm none (was batch)"]


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
    assert _errors(app) == []


def test_an_edited_preset_is_called_no_preset_and_can_be_chosen_again(app: AppTest) -> None:
    app.run()
    app.text_input(key="field.depths").set_value("3, 4, 6, 9").run()
    box = app.selectbox(key="preset")
    assert box.value is None
    assert box.placeholder == "ResNet-34, changed"
    box.set_value("resnet34").run()
    assert headers(app)[0] == "ResNet-34"
    assert app.text_input(key="field.depths").value == "3, 4, 6, 3"
    assert app.selectbox(key="preset").value == "resnet34"


def test_choosing_the_preset_on_show_mends_a_wrong_field(app: AppTest) -> None:
    app.run()
    app.text_input(key="field.depths").set_value("3, x").run()
    assert _errors(app)
    app.selectbox(key="preset").set_value("resnet18").run()
    app.selectbox(key="preset").set_value("resnet34").run()
    assert _errors(app) == []
    assert app.text_input(key="field.depths").value == "3, 4, 6, 3"


def test_the_title_names_the_preset_that_was_begun_with(app: AppTest) -> None:
    """ResNet-34 with depths 2, 2, 2, 9 is nearer to resnet18 in other ways, but began as 34."""
    app.run()
    app.text_input(key="field.depths").set_value("2, 2, 2, 9").run()
    app.selectbox(key="field.norm").set_value("none").run()
    assert headers(app)[0] == "ResNet-34, changed:"
    assert _chips(app) == ["depths 2-2-2-9 (was 3-4-6-3)", "norm none (was batch)"]
    link = dict(app.query_params)
    assert link == {"net": "resnet34", "depths": "2-2-2-9", "norm": "none"}
    other = opened()
    other.query_params.update(link | {"net": "resnet152", "block": "basic"})
    other.run()
    assert headers(other)[0] == "ResNet-152, changed:"
    assert other.query_params["net"] == "resnet152"


def test_one_net_with_two_names_keeps_the_chosen_one(app: AppTest) -> None:
    app.run()
    app.selectbox(key="preset").set_value("dnddnjs32-cifar").run()
    assert headers(app)[0] == "ResNet-32 (dnddnjs)"
    assert app.selectbox(key="preset").value == "dnddnjs32-cifar"


def _switch(app: AppTest, *, on: bool) -> None:
    app.toggle(key="shortcuts_on").set_value(on).run()
    assert _errors(app) == []


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


@pytest.mark.parametrize("net", ["resnet56-cifar", "plain56-cifar"])
def test_race_takes_the_net_and_its_twin(app: AppTest, net: str) -> None:
    app.query_params["net"] = net
    app.run()
    app.button(key="race_these_two").click().run()
    assert not app.exception
    lab = Lab()
    runs = lab.race_runs("".join(app.query_params["race"]))
    lab.stop(runs[0].race_id or "")
    nets = ["resnet56-cifar", "plain56-cifar"]
    assert [run.name for run in runs] == (nets if net in nets[:1] else nets[::-1])
    assert any(button.key == "race_stop" for button in app.button), "it is this session's to steer"


def test_how_long_the_race_takes_is_said_beforehand(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.run()
    assert "45 steps on digits, 32x32 pixels" in _captions(app)
    monkeypatch.setattr(
        Lab, "expected_seconds", lambda self, specs, pace=None: 3.0 * specs[0].steps
    )
    app.run()
    assert "10 steps on digits, 32x32 pixels: about 30 s" in _captions(app)


def test_a_net_of_20_000_blocks_is_drawn_folded_and_not_listed(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would hold up every visitor is refused in a sentence, and no process is started."""

    def started(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr("resnet_viz.ui.widgets.job_progress.hand_in", started)
    app.query_params["net"] = "resnet34"
    app.query_params["depths"] = "10000-5000-3000-2000"
    app.query_params["image_size"] = "16384"
    app.run()
    assert _errors(app) == []
    assert not [toggle for toggle in app.toggle if "Draw all" in toggle.label]
    assert [m.value for m in app.markdown if "more than 1,000 are not drawn" in m.value]
    _open_tab(app, "torchinfo")
    assert _errors(app) == []
    assert [info.value for info in app.info if "20,000 blocks are too many to list" in info.value]


def test_a_group_opens_when_a_field_in_it_becomes_wrong(app: AppTest) -> None:
    """By itself it is one that has not been there: Streamlit opens no other that is folded."""
    app.run()
    assert _open(app) == {}
    app.number_input(key="field.dropout").set_value(2.0).run()
    assert _errors(app)
    first = _open(app)
    assert list(first) == ["Regularisation"]
    app.number_input(key="field.dropout").set_value(0.5).run()
    assert _errors(app) == []
    assert _open(app) == first  # it does not close under the hand
    app.number_input(key="field.dropout").set_value(3.0).run()
    second = _open(app)
    assert list(second) == ["Regularisation"]
    assert second != first


def _open(app: AppTest) -> dict[str, str]:
    """The groups that begin open: title and identity."""
    return {group.label: str(group.key) for group in app.expander if group.proto.expanded}
