"""data: the list, one data set looked through, and what a race says of a folder's bad files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resnet_viz.__main__ import main
from resnet_viz.cli.commands import race as racing
from resnet_viz.data.registry import datasets
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from tests.data.conftest import write_image


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Two classes of six images, three of them broken: more than are held out."""
    for name in ("cat", "dog"):
        for number in range(6):
            write_image(tmp_path / "pets" / name / f"{number}.png", (9, 8), seed=number)
    for number in (3, 4, 5):
        (tmp_path / "pets" / "dog" / f"{number}.png").write_bytes(b"\x89PNG")
    return tmp_path / "pets"


@pytest.fixture(autouse=True)
def _no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_VIZ_DATA", str(tmp_path / "data"))


def test_the_list_names_every_data_set_and_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("data",)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(datasets())
    assert lines[1].endswith("built in")
    assert next(line for line in lines if line.startswith("cifar10 ")).endswith("not here")
    assert main(("data", "--json")) == 0
    listed = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert (listed["digits"]["train"], listed["digits"]["test"]) == (1500, 297)
    assert (listed["cifar100"]["classes"], listed["cifar100"]["place"]) == (100, None)
    assert all(one["source"] and one["licence"] for one in listed.values())


def test_a_folder_is_looked_through_and_bad_files_are_a_note(
    pets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(("data", f"folder:{pets}", "--json")) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert (found["classes"], found["train"] + found["test"]) == (2, 9)
    assert sorted(found["unreadable"]) == ["dog/3.png", "dog/4.png", "dog/5.png"]
    assert "left out" in err
    assert "'dog/3.png'" in err
    assert main(("data", f"folder:{pets}")) == 0
    assert "classes   2" in capsys.readouterr().out


def test_what_is_not_here_says_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(("data", "svhn")) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "python -m resnet_viz data svhn --download" in err

    def no_network(*_: object, **__: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr("urllib.request.urlopen", no_network)
    assert main(("data", "svhn", "--download")) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("error: SVHN (cropped digits) cannot be downloaded to ")


def test_a_race_says_which_files_of_a_folder_it_leaves_out(
    pets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setattr(racing, "_follow", lambda *_, **__: [])
    race = ("race", "resnet20-cifar", "--dataset", f"folder:{pets}", "--device", "cpu", "--json")
    main((*race, "--batch-size", "4"))
    assert "note: dataset = 'folder:" in capsys.readouterr().err
    (run,) = Lab().list()
    assert (run.spec.dataset, run.spec.classes) == (f"folder:{pets}", 2)
    assert main((*race, "--batch-size", "12")) == 2
    assert "batch_size = 12 is more than the" in capsys.readouterr().err
    assert len(Lab().list()) == 1
