"""The Initialisation page, its address, and what it does with its jobs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.ui.pages.initialisation.settings import (
    CHOICES,
    DEPTHS,
    NETS,
    Settings,
    described,
    from_query,
    to_query,
)
from tests.ui.jobs import home_in, settled

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The store's folder."""
    with home_in(tmp_path_factory.mktemp("initialisation")) as folder:
        yield folder


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    for key, value in query.items():
        app.query_params[key] = value
    return app.switch_page("pages/initialisation.py").run()


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_it_shows_a_picture_at_once_and_the_depth_is_in_the_link(home: Path) -> None:
    app = settled(opened(depth="8", width="8"))
    words = " ".join(markdown.value for markdown in app.markdown)
    assert "Residual net, depth 8" in words
    assert "Plain twin, depth 8" in words
    assert "Mean cosine of neighbours" in words
    app.select_slider[0].set_value(14).run()
    settled(app)
    assert app.query_params["depth"] == "14"
    assert app.query_params["width"] == "8"
    words = " ".join(markdown.value for markdown in app.markdown)
    assert "Plain twin, depth 14" in words
    depths = {settings.depth for settings in app.session_state["initialisation_seen"]}
    assert depths == {8, 14}, "the earlier one is kept"
    app.selectbox(key="initialisation_size").set_value(1).run()
    assert "These settings make no net" in app.error[0].value
    assert "the smallest that fits its stem and stages is 3" in app.error[0].value


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_maps_may_have_a_height_and_a_width(home: Path) -> None:
    app = settled(opened(depth="8", width="8", size="16x8"))
    assert not app.error
    assert app.query_params["size"] == "16x8"
    (settings,) = app.session_state["initialisation_seen"]
    assert settings.config().image_shape == (1, 16, 8)
    with pytest.raises(ValueError, match="map size = 28x29: allowed are at most 784 pixels"):
        Settings(size=(28, 29)).config()


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_the_nets_before_stay_while_others_are_measured(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = settled(opened(depth="8", width="8"))
    with monkeypatch.context() as patched:
        patched.setattr("resnet_viz.ui.widgets.job_progress.wait_for", lambda *_, **__: None)
        app.selectbox(key="initialisation_norm").set_value("none")
        app.select_slider[0].set_value(218).run()
    words = " ".join(markdown.value for markdown in app.markdown)
    assert "Until then the nets before, of depth 8 and norm batch, are shown" in words
    assert "Mean cosine of neighbours" in words
    assert "Residual net, depth" not in words, "nothing is said of what is not measured yet"
    settled(app)
    words = " ".join(markdown.value for markdown in app.markdown)
    assert "Residual net, depth 218" in words
    assert "Until then" not in words


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_nets_that_are_no_longer_kept_are_not_shown(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was shown last may be among the oldest: coming back to it does not make it newer."""
    app = settled(opened(depth="8", width="8"))
    app.session_state["initialisation_seen"].clear()
    with monkeypatch.context() as patched:
        patched.setattr("resnet_viz.ui.widgets.job_progress.wait_for", lambda *_, **__: None)
        app.select_slider[0].set_value(218).run()
    assert not app.exception
    assert "Until then" not in " ".join(markdown.value for markdown in app.markdown)
    settled(app)


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_pictures_of_the_net_before_say_whose_they_are(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the new net the gradients come first; what is below them was taken for the same net's."""
    app = settled(opened(depth="8", width="8"))
    with monkeypatch.context() as patched:
        patched.setattr("resnet_viz.ui.pages.initialisation.results.rest", lambda _: None)
        app.select_slider[0].set_value(14).run()
        settled(app)
        words = " ".join(markdown.value for markdown in app.markdown)
    assert "Residual net, depth 14" in words
    assert "Mean cosine of neighbours" in words
    assert "Until then the previous net, depth 8, is shown" in words
    app.run()
    words = " ".join(markdown.value for markdown in settled(app).markdown)
    assert "Until then" not in words


def test_settings_come_back_from_the_address() -> None:
    settings = Settings(depth=110, family="scaled", norm="none", batch=256)
    assert from_query(to_query(settings)) == (settings, "")
    assert to_query(Settings()) == {}
    for size, text in ((16, 8), "16x8"), ((1, 784), "1x784"), (10, "10"):
        assert from_query({"size": text}) == (Settings(size=size), "")
        assert to_query(Settings(size=size)) == {"size": text}
    for text in ("28x29", "16x", "<b>"):
        read, problem = from_query({"size": text})
        assert read == Settings()
        assert "allowed: 1, 2, 4, 8, 16, 28, or a height and a width such as 16x8" in problem
    read, problem = from_query({"depth": "57", "norm": "<b>", "race": "x", "size": "16"})
    assert read == Settings(size=16)
    assert "depth = '57' (allowed: 8, 14" in problem
    assert "race" not in problem


def test_what_is_another_net_is_told_by_what_differs() -> None:
    now = Settings()
    assert described(now._replace(depth=8), now) == "depth 8"
    assert described(now, now._replace(norm="none")) == "depth 56 and norm batch"
    before = now._replace(family="projection", init="xavier", batch=4, size=16)
    assert described(before, now) == (
        "depth 56, option B: projections where the shape changes, initialisation xavier, "
        "batch size 4 and map size 16"
    )


def test_every_depth_is_one() -> None:
    from resnet_viz.arch.plan import plan

    for stages in (3, 1):
        for depth in DEPTHS:
            settings = Settings(depth=depth, stages=stages)
            assert plan(settings.config()).depth == depth
            assert not plan(settings.twin()).shortcuts
    for family in NETS:
        assert Settings(family=family).config().in_channels == 1
    assert set(CHOICES) == set(Settings._fields)
