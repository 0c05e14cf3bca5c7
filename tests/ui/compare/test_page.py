# ruff: noqa: RUF001
"""The Compare page, run by Streamlit's AppTest."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from base64 import b64decode
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.arch.config import plain_twin, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import label, preset
from resnet_viz.ui.pages.compare.state import completed, read
from resnet_viz.ui.pages.compare.view import compared
from resnet_viz.ui.session.net_url import from_text, to_text
from resnet_viz.ui.widgets.markdown import plain

ROOT = Path(__file__).parents[3]


def opened(**link: str) -> AppTest:
    """The page under an address."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    for key, value in link.items():
        app.query_params[key] = value
    return shown(app.switch_page("pages/compare.py").run())


def shown(app: AppTest) -> AppTest:
    assert not app.exception
    return app


def link_of(app: AppTest) -> dict[str, str]:
    """The nets in the address (AppTest hands values over in lists)."""
    values = {key: app.query_params[key] for key in app.query_params}
    return {key: value[0] if isinstance(value, list) else value for key, value in values.items()}


def press(app: AppTest, label: str) -> AppTest:
    return shown(next(button for button in app.button if button.label == label).click().run())


def text(app: AppTest) -> str:
    """The page's Markdown without its escapes."""
    return re.sub(r"\\(\W)", r"\1", "\n".join(element.value for element in app.markdown))


def tables(app: AppTest) -> dict[str, dict[str, list[str]]]:
    """The page's tables by title: row head -> cells, as a browser that knows no CSS reads them."""
    found: dict[str, dict[str, list[str]]] = {}
    for element in app.get("html"):
        if "<table" in element.proto.body:
            table = ElementTree.fromstring(re.sub(".*</style>", "", element.proto.body, flags=re.S))
            rows = [[" ".join(cell.itertext()) for cell in row] for row in table.iter("tr")]
            found[table.attrib["aria-label"]] = {head: cells for head, *cells in rows}
    return found


def test_opens_on_the_architectures_net_and_its_plain_twin() -> None:
    app = opened()
    assert link_of(app) == {"a": "resnet34", "b": "plain34"}
    assert "The only difference: A (ResNet-34) has shortcuts with projections, B " in text(app)
    assert tables(app)["What differs"]["shortcut"] == ["projection", "none"]
    assert tables(app)["Numbers"]["parameters"][0] == f"{plan(preset('resnet34')).params:,}"
    assert len(_graphs(app)) == 2
    assert [data["name"] for data in _given(app) if "news" in data] == [
        "compare_macs",
        "compare_params",
    ]


def test_numbers_are_compared_to_the_first_net() -> None:
    numbers = tables(opened(a="resnet18", b="resnet34", c="resnet18", d="resnet110-cifar"))[
        "Numbers"
    ]
    assert numbers["number"] == ["A: ResNet-18", "B: ResNet-34", "C: ResNet-18", "D: ResNet-110"]
    assert numbers["depth"] == ["18", "34 (+88.9%)", "18 (same)", "110 (× 6.1)"]
    assert numbers["parameters"][3] == "1,727,962 (÷ 6.8)"


@pytest.mark.parametrize(
    ("value", "first", "said"),
    [
        (64, 12, "× 5.3"),
        (12, 64, "÷ 5.3"),
        (1_234_000, 100, "× 12,340"),
        (199, 100, "+99.0%"),
        (51, 100, "-49.0%"),
        (20, 20, "same"),
        (1_000_001, 1_000_000, "+1"),
        (0, 16, "-16"),
        (16, 0, "+16"),
    ],
)
def test_large_differences_are_factors_and_small_ones_percent(
    value: int, first: int, said: str
) -> None:
    assert compared(value, first) == said


def test_the_link_shows_the_same() -> None:
    changed = revise(preset("resnet50"), norm="none", depths=(1, 2, 3, 1))
    app = opened(a="resnet18", b=to_text(changed), c="resnet56-cifar")
    assert link_of(app) == {"a": "resnet18", "b": to_text(changed), "c": "resnet56-cifar"}
    assert (text(opened(**link_of(app))), tables(opened(**link_of(app)))) == (
        text(app),
        tables(app),
    )
    assert tables(app)["Numbers"]["MACs"][1].startswith(f"{plan(changed).macs:,} ")
    assert tables(app)["Stage by stage"]["stage 4"][2] == "no such stage"
    assert "images differ (224x224, 224x224, 32x32 pixels)" in text(app)


@pytest.mark.parametrize(
    ("link", "said", "left"),
    [
        ({"a": "resnet18", "b": "resnet5000"}, "net B", ["resnet18", "plain18"]),
        ({"a": "x", "b": "resnet50,norm=no", "c": "resnet18"}, "net B", ["resnet18", "plain18"]),
        ({"a": "resnet50,depths=9"}, "net A", ["resnet34", "plain34"]),
        ({"b": "plain34", "c": "plain34,,"}, "net C", ["plain34"]),
    ],
)
def test_garbage_in_the_link_is_said(link: dict[str, str], said: str, left: list[str]) -> None:
    app = opened(**link)
    assert said in app.error[0].value
    assert list(link_of(app).values())[: len(left)] == left
    app.selectbox(key="compare.net.b").set_value("resnet152").run()
    assert not app.error
    assert link_of(app)["b"] == "resnet152"


@pytest.mark.parametrize(
    ("label", "added"),
    [
        ("Plain twin", to_text(plain_twin(preset("resnet50")))),
        ("Deeper sibling", "resnet101"),
        ("Option A", to_text(revise(preset("resnet50"), shortcut="zero_pad"))),
        ("Option C", to_text(revise(preset("resnet50"), shortcut="projection_all"))),
        ("v1", "resnet50-v1"),
    ],
)
def test_one_press_adds_a_relative(label: str, added: str) -> None:
    app = press(opened(a="resnet50", b="resnet18"), label)
    assert link_of(app) == {"a": "resnet50", "b": "resnet18", "c": added}
    button = next(button for button in app.button if button.label == label)
    assert button.disabled
    assert button.help == "Already here as network C."


def test_a_relative_of_another_net() -> None:
    app = opened(a="resnet50", b="resnet50-v1")
    app.segmented_control(key="compare.of").set_value(1).run()
    assert "v1.5" in [button.label for button in app.button]
    assert link_of(press(app, "Deeper sibling"))["c"] == "resnet101-v1"


def test_what_cannot_be_says_why() -> None:
    shrinking = revise(preset("resnet18"), widths=(64, 32, 16, 8))
    for net, name, why in (
        (preset("resnet18"), "v1", "Not for this net: block = 'basic' has no 1x1"),
        (shrinking, "Option A", "shrink"),
    ):
        button = opened(a=to_text(net), b="resnet50").button(key=f"compare.press.{name}")
        assert button.disabled
        assert plain(why) in button.help


def test_add_up_to_six_remove_down_to_two() -> None:
    app = opened(a="resnet18", b="resnet34")
    added = ["resnet50", "resnet101", "resnet152", "plain34"]
    for net in added:
        app.selectbox(key="compare.add").set_value(net).run()
    assert list(link_of(shown(app)).values()) == ["resnet18", "resnet34", *added]
    assert len(_graphs(app)) == 6
    assert all(data["whole"] for data in _graphs(app))
    assert "compare.add" not in [box.key for box in app.selectbox]
    full = next(button for button in app.button if button.label == "Deeper sibling")
    assert full.disabled
    for _ in range(4):
        app.button(key="compare.net.a.remove").click().run()
    assert link_of(shown(app)) == {"a": "resnet152", "b": "plain34"}
    assert app.button(key="compare.net.a.remove").disabled


def test_a_net_has_one_name_everywhere() -> None:
    """The Architecture page's net, chosen or not, goes by its own name, and stands there once."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["net"] = "resnet50"
    app.query_params["norm"] = "none"
    app.switch_page("pages/architecture.py").run()
    app = shown(app.switch_page("pages/compare.py").run())
    made = revise(preset("resnet50"), norm="none")
    assert link_of(app)["a"] == to_text(made)
    for key in ("compare.net.a", "compare.net.b", "compare.add"):
        options = app.selectbox(key=key).options
        assert options[0] == label(made)
        assert len(set(options)) == len(options)
        assert not any("Architecture" in option for option in options)
    assert f"A: {label(made)}" in text(app)
    assert tables(app)["Numbers"]["number"][0] == f"A: {label(made)}"
    app.selectbox(key="compare.net.a").set_value("resnet18").run()
    app.selectbox(key="compare.net.b").set_value(to_text(made)).run()
    assert link_of(shown(app)) == {"a": "resnet18", "b": to_text(made)}
    app.button(key="compare.net.a.open").click().run()
    assert app.session_state["net_on_show"].config == preset("resnet18")
    app.switch_page("pages/compare.py").run()
    assert app.selectbox(key="compare.net.b").options[0] == "ResNet-18"
    assert app.selectbox(key="compare.net.b").options.count("ResNet-18") == 1


@pytest.mark.parametrize(
    ("a", "b"), [("resnet20-cifar", "plain20-cifar"), ("plain20-cifar,norm=none", "resnet20-cifar")]
)
def test_a_race_of_these(a: str, b: str) -> None:
    app = press(opened(a=a, b=b), "Race these")
    names = [label(from_text(net)) for net in (a, b)]
    assert [app.selectbox(key=f"race_{place}_net").value for place in ("first", "second")] == names
    changed = "**the norm** (no norm and batch norm)" if "norm" in a else "has **no shortcuts**"
    assert changed in "\n".join(element.value for element in app.markdown)


def test_a_race_of_all_six() -> None:
    nets = {letter: f"resnet20-cifar,depths={i}-3-3" for i, letter in enumerate("abcdef", 1)}
    app = press(opened(**nets), "Race these")
    more = [f"race_remove_{i}" for i in range(5)]
    assert [button.key for button in app.button if button.key in more] == more[:4]
    assert "".join(app.query_params["more"]).count("resnet20-cifar") == 4


EVIL = "![x](http://host/x.png)"


def test_text_of_the_link_is_no_markup() -> None:
    app = opened(a=EVIL, b=f"resnet18,{EVIL}=1", c=f"resnet18,norm={EVIL}", d="resnet50")
    assert len(app.error) == 1
    assert app.error[0].value.count("http\\:") == 3
    shown_texts = [element.value for element in app.markdown] + [e.value for e in app.error]
    shown_texts += [button.help or "" for button in app.button]
    shown_texts += [option for box in app.selectbox for option in box.options]
    assert not any("![x](" in text for text in shown_texts)


def test_the_nets_outlast_a_page_switch() -> None:
    app = opened(a="resnet152", b="resnet18")
    app.switch_page("pages/architecture.py").run()
    app.query_params.clear()  # as a browser does that follows the menu
    app = shown(app.switch_page("pages/compare.py").run())
    assert link_of(app) == {"a": "resnet152", "b": "resnet18"}


def test_deep_nets_are_drawn_folded_until_asked() -> None:
    app = opened(a="resnet1202-cifar", b="resnet18")
    assert any("dentical blocks" in element.value for element in app.markdown)
    assert len(_picture(app)) < 20_000
    app.toggle(key="compare_unfolded").set_value(True).run()
    assert len(_picture(shown(app))) > 100_000


def _picture(app: AppTest) -> str:
    """The SVG text that the first graph is given."""
    return str(_graphs(app)[0]["svg"])


def _graphs(app: AppTest) -> list[dict[str, Any]]:
    """What the graphs' components are given."""
    return [data for data in _given(app) if "svg" in data]


def _given(app: AppTest) -> list[dict[str, Any]]:
    """What the page's components are given."""
    return [json.loads(element.proto.json) for element in app.get("bidi_component")]


def test_graphs_come_first_and_at_one_scale() -> None:
    app = opened(a="resnet50", b="plain18")
    said = [getattr(one, "value", "") if one.type == "html" else one.type for one in app.main]
    assert "bidi_component" in said[: said.index("<h2>What differs</h2>")]
    one, other = _graphs(app)
    assert one["frame"] == other["frame"]
    for data in (one, other):
        width, height = map(float, re.findall(r'(?:width|height)="([\d.]+)"', data["svg"])[:2])
        assert width <= data["frame"][0]
        assert height <= data["frame"][1]


@pytest.mark.flaky(reruns=1, reason="seconds: a page is timed")
def test_nets_of_many_blocks_are_never_drawn_block_by_block() -> None:
    """Two sessions share a process: drawing 80,000 blocks would hold the other up for seconds."""
    huge = "preact1001-cifar,depths=5000-5000-5000-5000,widths=8-8-8-8,image_size=16384"
    nets = {letter: f"{huge},num_classes={10 + i}" for i, letter in enumerate("abcd")}
    started = time.perf_counter()
    app = opened(**nets)
    assert time.perf_counter() - started < 10
    assert list(link_of(app)) == list("abcd")
    assert "compare_unfolded" not in [toggle.key for toggle in app.toggle]
    assert any("drawn as one, because" in element.value for element in app.markdown)
    assert all(len(data["svg"]) < 50_000 for data in _graphs(app))


def test_no_torch() -> None:
    script = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(ROOT / 'app.py')!r}, default_timeout=60).run()\n"
        "for page in ('compare', 'design_space'):\n"
        "    app.switch_page(f'pages/{page}.py').run()\n"
        "    assert not app.exception and app.markdown\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, timeout=120)


def test_two_nets_at_least() -> None:
    assert completed((), None) == (preset("resnet34"), preset("plain34"))
    assert completed((preset("plain18"),), None) == (preset("plain18"), preset("plain34"))
    deepest = revise(preset("plain20-cifar"), depths=(10_000, 5_000, 5_000))
    assert len(completed((deepest,), None)) == 2


def test_all_that_is_wrong_is_said() -> None:
    nets, problems = read({"a": "", "b": "resnet18", "d": "plain"})
    assert nets == (preset("resnet18"),)
    assert [problem.split(":")[0] for problem in problems] == [
        "Ignored net A in this link",
        "Ignored net D in this link",
    ]


def test_all_nets_stand_in_one_figure() -> None:
    app = opened(a="resnet34", b="plain34", c="resnet20-cifar")
    (drawn,) = [e.proto.body for e in app.get("html") if 'class="poster"' in e.proto.body]
    svg = b64decode(re.findall('base64,([^"]+)', drawn)[0]).decode()
    assert [name in svg for name in (">A: ResNet-34<", ">B: Plain-34<", ">C: ResNet-20<")]
    assert svg.count("3×3 conv, 512<") == 2 * 5  # the sixth of each halves the resolution
    assert svg.count("3×3 conv, 16<") == 7
