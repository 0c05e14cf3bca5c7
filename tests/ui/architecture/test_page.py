"""The Architecture page, run by Streamlit's AppTest."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.lab.lab import Lab
from tests.ui.architecture.shown import ROOT, captions, errors, numbers, open_tab, opened
from tests.ui.headings import headers
from tests.ui.jobs import settled


def test_opens_on_resnet34(app: AppTest) -> None:
    app.run()
    assert errors(app) == []
    assert headers(app)[0] == "ResNet-34"
    assert numbers(app)["Parameters"] == f"{plan(preset('resnet34')).params:,}"


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
    assert errors(app) == []
    network = plan(preset(name))
    shown = numbers(app)
    assert shown["Parameters"] == f"{network.params:,}"
    assert shown["MACs"] == f"{network.macs:,}"


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
    assert numbers(other) == numbers(app)


def test_garbage_in_the_link_is_said_and_a_net_is_shown_all_the_same(app: AppTest) -> None:
    app.query_params["net"] = "resnet5000"
    app.run()
    [error] = errors(app)
    assert "'resnet5000'" in error
    assert headers(app)[0] == "ResNet-34"


def test_the_plain_twin_in_one_press(app: AppTest) -> None:
    app.run()
    app.selectbox(key="preset").set_value("resnet56-cifar").run()
    app.toggle(key="shortcuts_on").set_value(False).run()
    assert errors(app) == []
    assert headers(app)[0] == "Plain-56"
    assert numbers(app)["Shortcuts"] == "a plain net"


def test_json_out_and_in(app: AppTest) -> None:
    app.run()
    open_tab(app, "JSON")
    assert json.loads(app.code[0].value) == json.loads(preset("resnet34").model_dump_json())
    app.text_area(key="pasted").set_value(preset("wide_resnet50_2").model_dump_json())
    next(b for b in app.button if b.label == "Show the pasted net").click().run()
    assert headers(app)[0] == "Wide ResNet-50-2"
    app.text_area(key="pasted").set_value('{"block": "basic", "depths": [1')
    next(b for b in app.button if b.label == "Show the pasted net").click().run()
    [error] = errors(app)
    assert "invalid JSON" in error
    assert headers(app)[0] == "Wide ResNet-50-2"


def test_table_tab_sums_to_the_whole(app: AppTest) -> None:
    app.run()
    open_tab(app, "Table")
    table = next(m.value for m in app.markdown if "whole net" in m.value)
    assert f"**{plan(preset('resnet34')).params:,}**" in table
    assert r"\times 6" in table


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_torchinfo_tab(app: AppTest) -> None:
    app.run()
    open_tab(app, "torchinfo")
    settled(app)
    assert f"Total params: {plan(preset('resnet34')).params:,}" in app.code[0].value


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_build_tab_measures(app: AppTest) -> None:
    app.query_params["net"] = "resnet20-cifar"
    app.run()
    open_tab(app, "Build")
    next(b for b in app.button if b.label == "Build").click().run()
    settled(app)
    assert errors(app) == []
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Output shape"] == "8 x 10"
    assert shown["Forward"].endswith("ms")


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
    assert "45 steps on digits, 32x32 pixels" in captions(app)
    monkeypatch.setattr(
        Lab, "expected_seconds", lambda self, specs, pace=None: 3.0 * specs[0].steps
    )
    app.run()
    assert "10 steps on digits, 32x32 pixels: about 30 s" in captions(app)


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
    assert errors(app) == []
    assert not [toggle for toggle in app.toggle if "Draw all" in toggle.label]
    assert [m.value for m in app.markdown if "more than 1,000 are not drawn" in m.value]
    open_tab(app, "torchinfo")
    assert errors(app) == []
    assert [info.value for info in app.info if "20,000 blocks are too many to list" in info.value]
