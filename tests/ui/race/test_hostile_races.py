"""Links and brought-in races made to cost the server, or to make it look into its folders."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import Unit, plan
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.ui.pages.race.live import pictures
from tests.labs import tiny_spec
from tests.scheduler.test_retention import finish, race
from tests.ui.headings import titles
from tests.ui.race.conftest import errors, has_button, opened, race_page, text


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are queued and nobody works on them."""
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)


def test_nets_of_thousands_of_blocks_are_not_drawn(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "charts", lambda *_: 1 / 0)
    net = "resnet56-cifar,depths=6000-6000-6000"
    app = opened(first=net, more=net)
    assert not app.exception
    said = " ".join(info.value for info in app.info)
    assert "Charts are drawn for at most 20,000" in said.replace("\\", "")
    assert home.exists()


def test_what_a_net_keeps_is_added_up_by_stage_and_not_by_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = 0
    inside = Unit.kept_inside

    def counted(unit: Unit) -> int:
        nonlocal looks
        looks += 1
        return inside.func(unit) if hasattr(inside, "func") else inside.fget(unit)

    monkeypatch.setattr(Unit, "kept_inside", property(counted))
    deep = ResNetConfig(depths=(3000, 3000), widths=(8, 16), stem="cifar", image_size=32)
    network = plan(deep)
    blocks = [unit for _, unit in network.units]
    assert sum(count for _, count in network.unit_runs) == len(blocks) == 6002
    assert network.params == sum(unit.params for unit in blocks)
    assert network.depth == sum(unit.depth for unit in blocks)
    assert network.macs == sum(unit.macs for unit in blocks)
    network.activation_bytes(3)
    assert looks < 20


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE records SET loss = 1e308",
        "UPDATE records SET loss = -1e308, accuracy = 1e308",
        "DELETE FROM records; DELETE FROM series",
        "DELETE FROM series",
        "UPDATE runs SET created = 0.0, started = 7e9, seed = 4294967295",
    ],
)
def test_a_brought_in_race_is_shown_whatever_it_measured(
    lab: Lab, tmp_path: Path, change: str
) -> None:
    file = tmp_path / "race.sqlite3"
    lab.export(race(lab, 12, "sent"), file)
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(f"UPDATE records SET crc = NULL; {change}")
    app = race_page(lab.import_(file))
    assert not app.exception
    assert any("sent a" in title for title in titles(app))


def test_again_does_not_train_on_a_folder_that_a_file_names(lab: Lab, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    for name in ("passwords", "keys"):
        (secret / name).mkdir(parents=True)
        for number in range(12):  # enough for a minibatch
            Image.new("L", (8, 8), number).save(secret / name / f"{number}.png")
    run_id = lab.start(tiny_spec(dataset=f"folder:{secret}"))
    finish(lab, [run_id], 3)
    file = tmp_path / "race.sqlite3"
    lab.export(run_id, file)
    with closing(sqlite3.connect(file)) as connection:
        query = "UPDATE runs SET spec = json_set(spec, '$.dataset', ?)"
        connection.execute(query, (f"folder:{secret}",))
        connection.commit()
    lab.delete(run_id)
    app = race_page(lab.import_(file))
    assert has_button(app, "race_again_Same seed")
    app.button(key="race_again_Same seed").click().run()
    assert not app.exception
    said = " ".join([*errors(app), text(app)])
    assert "another computer" in said
    assert "passwords" not in said
    assert "keys" not in said
    assert len(lab.list()) == 1
