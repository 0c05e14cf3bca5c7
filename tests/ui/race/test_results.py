"""How a race ended, on the Race page: the outcome's card, what to try next, and why."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.store.database import Store
from resnet_viz.store.run import insert, race_columns
from tests.labs import tiny_spec
from tests.ui.race.conftest import errors, finished, has_button, opened
from tests.workers.test_measure_run import trained


def test_why_opens_three_steps_by_the_link(lab: Lab) -> None:
    finished(lab, 6, ("tiny", "other"))
    titles = ("1. The gradient at the start", "2. The features", "3. The updates")
    app = opened(race="finished")
    assert not any(f"**{title}**" in [one.value for one in app.markdown] for title in titles)
    app = opened(race="finished", open="why")
    assert not app.exception
    texts = [one.value for one in app.markdown]
    assert all(f"**{title}**" in texts for title in titles)
    assert any(text.startswith("A step changes the median layer by") for text in texts)


def test_a_film_whose_library_is_missing_is_not_offered(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished(lab, 6, ("tiny", "other"))
    app = opened(race="finished")
    assert not app.exception
    assert app.selectbox(key="film_format").value == "mp4"
    assert not app.warning
    monkeypatch.setattr("resnet_viz.ui.pages.race.film.find_spec", lambda name: None)
    app.selectbox(key="film_theme").set_value("dark").run()
    (said,) = (one.value for one in app.warning)
    assert "a film as MP4 needs av, which is not installed" in said
    app.selectbox(key="film_format").set_value("gif").run()
    assert not app.warning
    app.selectbox(key="film_format").set_value("html").run()
    assert not app.exception
    assert [one.label for one in app.selectbox if one.key.startswith("film")] == ["Format"]


@pytest.mark.parametrize(
    ("settings", "title", "change"),
    [
        ({"lr": 0.01, "steps": 3}, "Too early to say", {"steps": 6}),
        ({"lr": 1e6, "steps": 12}, "tiny diverged", {"lr": 1e5}),
    ],
)
def test_a_press_tries_what_the_card_advises(
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, float],
    title: str,
    change: dict[str, float],
) -> None:
    begun: list[Sequence[RunSpec]] = []
    monkeypatch.setattr(
        "resnet_viz.ui.pages.race.again.begin", lambda lab, race, pace, _: begun.append(race)
    )
    spec = tiny_spec(name="tiny", **settings)
    trained(lab.home, spec, "run", ("raced", 0))
    with Store(lab.home).writing() as connection:
        insert(connection, "races", race_columns("raced", ["tiny"], [spec.seed]))
    app = opened(race="raced")
    assert any(title in one.value for one in app.markdown)
    app.button(key="race_remedy").click().run()
    assert errors(app) == []
    assert list(begun[0]) == [spec.model_copy(update=change)]


def test_a_race_that_failed_before_its_first_step_has_a_card(lab: Lab, no_workers: None) -> None:
    race_id = lab.race([tiny_spec(steps=6)])
    with Store(lab.home).writing() as connection:
        connection.execute("UPDATE runs SET status = 'failed', message = 'out of memory'")
    app = opened(race=race_id)
    assert not app.exception
    assert any("The race failed" in one.value for one in app.markdown)
    assert any("out of memory" in text for text in errors(app))
    assert not any("Why?" in one.label for one in app.expander)
    assert not has_button(app, "race_remedy")
