"""What a page says while it waits, and how its work ends."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.ui.common import waiting
from resnet_viz.ui.common.places import Places


def page() -> None:
    import streamlit as st

    from resnet_viz.ui.common.waiting import outcome

    def work(tick: object) -> str:
        raise RuntimeError("memory ran out")

    st.write(outcome("Building", work)["problem"])


def test_a_problem_is_a_sentence_and_the_line_is_gone() -> None:
    app = AppTest.from_function(page).run()
    assert not app.exception
    assert [text.value for text in app.markdown] == ["memory ran out"]
    assert not app.info


def test_with_all_places_taken_the_page_says_for_how_many_it_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []

    def listen(text: str) -> None:
        said.append(text)
        if text.startswith("Waiting"):
            raise KeyboardInterrupt  # the visitor leaves

    monkeypatch.setattr(waiting.say, "info", listen)
    places = Places(1)
    monkeypatch.setattr(waiting, "_PLACES", places)
    with places.one(lambda before: None), pytest.raises(KeyboardInterrupt):
        waiting.outcome("Building", lambda tick: pytest.fail("there was no place for it"))
    assert said == ["Waiting for 1 other on this server, 0 s so far..."]
    assert waiting.outcome("Building", lambda tick: "built") == {"done": "built"}
    assert said[1:] == ["Building, 0 s so far..."]
