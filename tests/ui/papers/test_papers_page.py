"""The Papers page, run by Streamlit's AppTest on a lab whose runs nobody works on."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.lab.lab import Lab
from resnet_viz.papers.exhibit import Trained
from resnet_viz.papers.exhibits import exhibits
from resnet_viz.papers.paper import PAPERS, PARTS
from resnet_viz.scheduler import launcher_client

ROOT = Path(__file__).parents[3]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", {})
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.ip_address", None)
    return Lab(tmp_path / "home")


def papers_page(**link: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    for name, text in link.items():
        app.query_params[name] = text
    return drawn(app.switch_page("pages/papers.py").run())


def drawn(app: AppTest) -> AppTest:
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    said = [element.value for element in app.markdown]
    return "\n".join([*said, *(one.proto.body for one in app.get("html"))]).replace("\\", "")


@pytest.mark.parametrize("part", list(PARTS))
def test_a_part_shows_its_exhibits_in_order(lab: Lab, part: str) -> None:
    app = papers_page(paper=part)
    said = text(app)
    own = [e for e in exhibits().values() if PAPERS[e.paper].part == part]
    places = [said.index(f"<h2>{escape(f'{e.label}: {e.title}', quote=False)}") for e in own]
    assert places == sorted(places)
    assert app.query_params["paper"] == part


def test_counts_are_there_at_once_and_a_press_begins_the_sweep_once(lab: Lab) -> None:
    app = papers_page()
    said = text(app)
    assert "1.81 G" in said
    assert "✓ agrees" in said
    assert "60 runs, about" in said
    (press,) = (one for one in app.button if one.key == "papers_train_he2015-fig6_0")
    assert press.label == "Train 60 runs"
    app = drawn(press.click().run())
    (sweep,) = lab.sweeps()
    assert sweep.name == "Depth hurts plain nets"
    assert not [one for one in app.button if one.key == "papers_train_he2015-fig6_0"]
    assert "Training: 0 of 60 runs done" in [bar.text for bar in app.get("progress")]


def test_a_gallery_has_no_press(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_VIZ_PUBLIC", "gallery")
    app = papers_page()
    assert not [one for one in app.button if (one.key or "").startswith("papers_train")]


def test_full_length_says_its_cost_and_that_the_images_are_missing(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = text(papers_page())
    assert "64,000 steps each" in said
    assert "On one A100 GPU" in said
    assert "not measured" in said
    assert "CIFAR-10 is not on this computer" in said


def test_a_visitor_gets_no_link_to_the_sweep_of_another(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The id of a sweep is a key to it; its progress is seen by all."""
    part = exhibits()["he2015-fig6"].parts[0]
    assert isinstance(part, Trained)
    lab.sweep(part.sweep)
    links = "Curves and table of this sweep"
    assert links in [link.proto.label for link in papers_page().get("page_link")]
    monkeypatch.setenv("RESNET_VIZ_PUBLIC", "limited")
    app = papers_page()
    assert links not in [link.proto.label for link in app.get("page_link")]
    assert "Training: 0 of 60 runs done" in [bar.text for bar in app.get("progress")]
