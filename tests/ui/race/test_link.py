"""The settings of a race in the address, there and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.presets import PRESETS, label, preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.scheduler import launcher_client
from resnet_viz.scheduler.device_query import Devices
from resnet_viz.ui.pages.race.settings_url import (
    DEFAULT_NET,
    TRAINING,
    Settings,
    default_training,
    from_query,
    to_query,
)
from resnet_viz.ui.widgets import device_choice
from resnet_viz.ui.widgets.markdown import plain
from tests.ui.race.conftest import address, opened

CHANGED = {
    "steps": 200,
    "batch_size": 32,
    "lr": 0.1,
    "seed": 3,
    "image_size": (16, 24),
    "nesterov": True,
    "subset": 500,
    "augment": "crop_flip",
    "momentum": 0.5,
    "weight_decay": 0.0,
    "clip_grad_norm": 2.5,
    "warmup_steps": 7,
    "schedule": "cosine",
    "step_gamma": 0.5,
    "label_smoothing": 0.1,
    "precision": "bfloat16",
    "compile": True,
    "evaluate_every": 5,
    "measure_every": 3,
    "checkpoint_every": 5,
    "activation_checkpointing": True,
}
OWN = revise(preset("resnet20-cifar"), norm="none")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store of the test's own, whose races wait."""
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", {})
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)


def settings(
    experiment: str | None = None,
    first: ResNetConfig = PRESETS[DEFAULT_NET],
    second: ResNetConfig | None = None,
    nets: Mapping[str, Any] = MappingProxyType({}),
    **training: object,
) -> Settings:
    """`nets` are fields of Settings beside the training."""
    return Settings(experiment, first, second, default_training(experiment) | training, **nets)


def test_every_field_that_is_changed_has_a_value_other_than_the_default() -> None:
    assert {*CHANGED, "dataset", "optimizer"} == set(TRAINING)
    assert all(RunSpec.model_fields[field].default != value for field, value in CHANGED.items())


@pytest.mark.parametrize(
    "chosen",
    [
        settings(),
        settings(**CHANGED),
        settings(dataset="noise", optimizer="adamw"),
        settings(batch_size=16, subset=20),
        settings(first=preset("plain18"), second=OWN, lr=1e-7),
        settings("Two learning rates", seed=2**32 - 1),
        settings(second=preset("resnet50"), weight_decay=0.1 + 0.2),
        settings("Forgetting the addition", lr=0.01),
        settings("Forgetting the addition", image_size=None),
        settings("A falling learning rate", steps=60, schedule="constant"),
        settings(nets={"is_alone": True, "more": (OWN, preset("plain18"))}),
        settings("No norm", nets={"more": (OWN, OWN), "seeds": 5, "pace": 0.5}),
        settings(nets={"more": (OWN,) * 4, "seeds": 3, "pace": 20.0}),
        settings(nets={"device": "cpu"}),
        settings(nets={"device": "cuda:1"}),
    ],
)
def test_settings_come_back(chosen: Settings) -> None:
    query = to_query(chosen)
    assert from_query(query) == (chosen, [])
    assert len(query) == sum(
        chosen.training[field] != value
        for field, value in default_training(chosen.experiment).items()
    ) + sum((chosen.is_alone, bool(chosen.more), chosen.seeds > 1, chosen.pace is not None)) + sum(
        one != default
        for one, default in (
            (chosen.device, "auto"),
            (chosen.experiment, None),
            (chosen.first, PRESETS[DEFAULT_NET]),
            (chosen.second, None),
        )
    )


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("steps", "0", "steps = 0"),
        ("steps", "many", "steps = 'many'"),
        ("steps", "1e3", "steps = 1000.0"),
        ("batch_size", "5000", "batch_size = 5000 is more than the "),
        ("lr", "NaN", "lr = nan"),
        ("lr", "-1", "lr = -1"),
        ("seed", "-3", "seed = -3"),
        ("seed", "9" * 5000, "seed = "),
        ("image_size", "[8]", "image_size = '[8]'"),
        ("image_size", "8x", "image_size = '8x'"),
        ("optimizer", "lion", "optimizer = 'lion'"),
        ("dataset", "cats", "unknown dataset 'cats'"),
        ("dataset", "folder:/etc", "unknown dataset 'folder:/etc'"),
        ("dataset", "folder", "unknown dataset 'folder'"),
        ("precision", "float8", "precision = 'float8'"),
        ("nesterov", "yes", "nesterov = 'yes'"),
        ("subset", "10", "batch_size = 64 is more than the 10 images of the subset"),
        ("activation_checkpointing", "1", "activation_checkpointing = 1"),
        ("experiment", "Depth hurt", "did you mean 'Depth hurts'"),
        ("seeds", "6", "seeds = '6': allowed are 1, 2, 3, 4, 5"),
        ("seeds", "1.5", "seeds = '1.5'"),
        ("pace", "3", "pace = '3': allowed are 20, 10, 5, 2, 1, 0.5"),
        ("pace", "fast", "pace = 'fast'"),
        ("device", "tpu", "device = 'tpu': allowed are 'auto', 'cpu'"),
        ("more", "resnet5000", "more nets: "),
        ("first", "resnet5000", "resnet5000"),
        ("second", "resnet50,norm=layer", "norm = 'layer'"),
        ("first", "![x](https://example.com/x.png)", "example.com"),
    ],
)
def test_a_bad_value_is_one_sentence_and_the_default(
    home: None, key: str, text: str, words: str
) -> None:
    found, problems = from_query({key: text, "warmup_steps": "3"})
    assert found == settings(warmup_steps=3)
    assert len(problems) == 1
    app = opened(**{key: text, "warmup_steps": "3"})
    (error,) = app.error
    assert plain(words) in error.value
    assert "\n" not in error.value
    assert "![" not in error.value
    assert address(app) == {"warmup_steps": "3"}
    assert not app.button(key="race_start").disabled
    assert app.run().error  # it is said until something is set
    app.number_input(key="race_steps").set_value(70).run()
    assert not app.error
    assert address(app) == {"warmup_steps": "3", "steps": "70"}


def test_the_address_follows_the_widgets_and_opens_the_same(home: None) -> None:
    app = opened()
    assert address(app) == {}
    app.selectbox(key="race_first_net").set_value("plain20-cifar").run()
    for field, value in CHANGED.items():
        kinds = {str: app.selectbox, bool: app.checkbox, tuple: app.text_input}
        box = kinds.get(type(value), app.number_input)(key=f"race_{field}")
        box.set_value("16x24" if field == "image_size" else value)
    app.run()
    query = address(app)
    assert query == to_query(settings(first=preset("plain20-cifar"), **CHANGED))
    other = opened(**query)
    assert not other.error
    assert not other.warning
    assert address(other) == query
    assert other.session_state["race_specs"] == app.session_state["race_specs"]
    other.switch_page("pages/compare.py").run()
    other.query_params.clear()
    other.switch_page("pages/race.py").run()
    assert address(other) == query


def test_nets_that_are_no_presets_are_offered(home: None) -> None:
    app = opened(first="resnet20-cifar,norm=none", second="resnet20-cifar")
    assert not app.error
    assert app.selectbox(key="race_first_net").value == label(OWN)
    assert [spec.config for spec in app.session_state["race_specs"]] == [
        OWN,
        preset("resnet20-cifar"),
    ]


def test_an_experiment_opens_with_its_nets(home: None) -> None:
    app = opened(experiment="Two learning rates", lr="0.5")
    assert not app.error
    assert len(app.session_state["race_specs"]) == 4
    assert app.number_input(key="race_lr").value == 0.5
    app.pills(key="race_experiment").set_value(None).run()
    assert address(app) == {"lr": "0.5"}


def test_a_race_that_begins_has_the_address_to_itself(home: None) -> None:
    app = opened(steps="1", first="resnet20-cifar")
    app.button(key="race_start").click().run()
    assert list(address(app)) == ["race"]


def test_more_nets_than_there_may_be_are_left_out_and_it_is_said(home: None) -> None:
    most = ";".join(["resnet20-cifar"] * 6)
    found, problems = from_query({"more": most})
    assert len(found.more) == 4
    assert problems == ["a race has at most 6 nets, and 2 are too many"]
    found, _ = from_query({"more": most, "experiment": "Depth hurts"})
    assert found.more == ()
    found, _ = from_query({"more": most, "second": "none"})
    assert len(found.more) == 5


def test_nets_seeds_and_pace_are_in_the_address_and_open_again(home: None) -> None:
    app = opened(second="none", more="resnet20-cifar,norm=none;plain18", seeds="2", pace="5")
    assert not app.error
    query = {
        "second": "none",
        "more": "resnet20-cifar,norm=none;plain18",
        "seeds": "2",
        "pace": "5",
    }
    assert address(app) == query
    race = app.session_state["race_spec"]
    assert [spec.name for spec in race.contestants] == [
        "resnet56-cifar",
        "ResNet-20, no norm",
        "plain18",
    ]
    assert race.seeds == (0, 1)
    assert app.selectbox(key="race_pace").value == 5.0
    app.button(key="race_remove_0").click().run()
    assert address(app) == query | {"more": "plain18"}
    app.button(key="race_add_Pre-activation").click().run()
    assert address(app)["more"] == "plain18;resnet56-cifar,activation_order=full_preactivation"


def test_the_device_is_in_the_address_where_one_is_chosen(home: None) -> None:
    app = opened(steps="70")
    app.selectbox(key="race_device").set_value("cpu").run()
    assert address(app) == {"steps": "70", "device": "cpu"}
    other = opened(**address(app))
    assert not other.error
    assert {spec.device for spec in other.session_state["race_specs"]} == {"cpu"}
    other.selectbox(key="race_device").set_value("auto").run()
    assert address(other) == {"steps": "70"}


def test_a_device_that_this_computer_lacks_is_said_and_costs_no_other_setting(
    home: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it is known only later which devices there are."""
    there: list[Devices | None] = [None]
    monkeypatch.setattr(device_choice, "find_devices", lambda: there[0])
    app = opened(device="cuda:3", steps="70", lr="-1")
    (error,) = app.error
    assert "cuda" not in error.value
    assert address(app) == {"device": "cuda:3", "steps": "70"}
    there[0] = Devices("cuda:0", {"cuda:0": "cuda:0, a GPU", "cpu": "cpu, 2 cores"}, {})
    for _ in range(2):  # it is said until something is set
        (error,) = app.run().error
        assert plain("is no setting and left out: lr = -1") in error.value
        assert plain("This computer has no device cuda:3: auto is chosen instead.") in error.value
        assert address(app) == {"steps": "70"}
        assert app.selectbox(key="race_device").value == "auto"
    app.selectbox(key="race_device").set_value("cuda:0").run()
    assert not app.error
    assert address(app) == {"steps": "70", "device": "cuda:0"}
    assert opened(device="cuda").selectbox(key="race_device").value == "cuda:0"
