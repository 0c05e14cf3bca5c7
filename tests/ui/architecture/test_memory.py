"""The Memory tab, and the Race page's refusal of nets that do not fit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.arch.memory import training_memory
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.figures.memory_chart import memory_bars
from resnet_viz.scheduler.memory_fit import PROCESS_BYTES
from resnet_viz.text import byte_size
from resnet_viz.ui.pages.architecture import memory_panel as panel_module
from resnet_viz.ui.pages.race.settings import memory_check as race_memory

ROOT = Path(__file__).parents[3]
GB = 10**9


def draw_panel() -> None:
    from resnet_viz.arch.presets import preset
    from resnet_viz.ui.pages.architecture.memory_panel import memory_panel

    memory_panel(preset("resnet50"))


def need(batch: int) -> int:
    return training_memory(plan(preset("resnet50")), batch).total + PROCESS_BYTES


def free(monkeypatch: pytest.MonkeyPatch, module: object, number: int | None) -> None:
    monkeypatch.setattr(module, "free_memory", lambda _device: number)


def test_panel_says_what_is_needed_and_the_largest_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, panel_module, 20 * GB)
    app = AppTest.from_function(draw_panel, default_timeout=60).run()
    assert not app.exception
    needs = {batch: need(batch) for batch in (64, 217, 218)}
    assert byte_size(needs[64]) in app.success[0].value
    assert needs[217] <= 20 * GB < needs[218]
    assert "it fits; the largest batch that fits is **217**" in app.success[0].value

    app.number_input(key="memory_batch").set_value(218).run()
    assert "it does not fit" in app.error[0].value
    app.toggle(key="memory_checkpointing").set_value(True).run()
    assert "it fits" in app.success[0].value
    app.selectbox(key="memory_optimizer").select("AdamW").run()
    app.selectbox(key="memory_precision").select("bfloat16").run()
    assert not app.exception


def test_panel_where_free_memory_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, panel_module, None)
    app = AppTest.from_function(draw_panel, default_timeout=60).run()
    assert "is not known" in app.info[0].value


def test_bars_add_up_to_the_total() -> None:
    memory = training_memory(plan(preset("resnet18")), 32)
    traces = memory_bars({"as it is": memory}, PROCESS_BYTES).data
    total = memory.total + PROCESS_BYTES  # what the sentence above the bars says
    assert sum(trace.x[0] for trace in traces) == total
    assert len({(trace.marker.color, trace.marker.pattern.shape) for trace in traces}) == 6


@pytest.fixture
def race(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The Race page with ResNet-1202 at 32 pixels and its twin, which take 14 GB."""
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    free(monkeypatch, race_memory, 8 * GB)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    app = app.switch_page("pages/race.py").run()
    assert not app.error
    app.selectbox(key="race_first_net").select("resnet1202-cifar").run()
    return app.text_input(key="race_image_size").set_value("32").run()


def test_race_page_refuses_what_does_not_fit_and_offers_checkpointing(
    race: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    (error,) = race.error
    assert "does not fit; the largest batch that fits is" in error.value
    assert "With activation checkpointing it needs about" in error.value
    assert race.button(key="race_start").disabled
    race.button(key="race_fit_offer").click().run()
    assert not race.error
    assert race.checkbox(key="race_activation_checkpointing").value
    assert not race.button(key="race_start").disabled

    free(monkeypatch, race_memory, GB)
    race.run()
    assert "nor does a batch of 1" in race.error[0].value
    free(monkeypatch, race_memory, None)
    assert not race.run().error


def test_race_page_counts_the_nets_that_train_at_once(
    race: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six nets in two places: what the two largest need is what is asked for and spoken of."""
    monkeypatch.setenv("RESNET_VIZ_SLOTS", "2")
    race.pills(key="race_experiment").set_value("Depth hurts").run()
    free(monkeypatch, race_memory, GB)
    (error,) = race.run().error
    assert "training the 2 largest of its 6 nets, with 2 at a time, on cpu needs" in error.value
    needs = re.search(r"needs about ([\d.]+) GB", error.value)
    assert needs
    both = sum(
        training_memory(plan(spec.adapted), spec.batch_size).total + PROCESS_BYTES
        for spec in race.session_state["race_specs"]
        if "56" in spec.name
    )
    assert float(needs[1]) == pytest.approx(both / GB, abs=0.06)
