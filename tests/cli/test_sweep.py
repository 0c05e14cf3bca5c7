"""The command sweep: what it reads from axes, files and names, and says before it starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resnet_viz.__main__ import main
from resnet_viz.cli.commands.sweep import Given, read
from resnet_viz.experiments.ready_sweeps import ready_sweeps
from resnet_viz.experiments.sweep_spec import SweepSpec, flat
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from tests.conftest import is_refused
from tests.labs import tiny_spec

TYPED = ("sweep", "--axis", "depths=1-1-1,2-2-2", "--axis", "plain=false,true", "--seeds", "0-1,7")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))


def given(**typed: object) -> Given:
    nothing = {"file": None, "axes": (), "config": None, "settings": (), "seeds": None}
    return Given(**({**nothing, "zipped": False, "ready": None, "name": ""} | typed))  # type: ignore[arg-type]


def test_axes_are_read_as_they_are_meant() -> None:
    axes = ("steps=40-43", "lr=0.1,1e-3", "net=resnet20-cifar,plain20-cifar", "image-size=8,null")
    spec = read(given(axes=axes, settings=("batch_size=16",)))
    assert spec.axes == {
        "steps": (40, 41, 42, 43),
        "lr": (0.1, 1e-3),
        "net": ("resnet20-cifar", "plain20-cifar"),
        "image_size": (8, None),
    }
    assert spec.base.batch_size == 16
    sizes = read(given(axes=("image-size=8,16x12,12x12",), settings=("batch_size=16",)))
    assert sizes.axes == {"image_size": (8, (16, 12), 12)}
    assert [run.adapted.image_size for run in sizes.runs()] == [8, (16, 12), 12]
    assert [flat("image_size", size) for size in sizes.axes["image_size"]] == [8, "16x12", 12]


def test_it_says_what_it_would_take_and_starts_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main((*TYPED, "--dry-run", "--json")) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["cells"], said["done"], said["refused"]) == (12, 0, [])
    assert said["seconds"] > 0
    assert said["bytes"] > 0
    assert Lab().sweeps() == []


def test_a_ready_sweep_and_a_file_are_sweeps_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    for key, ready in ready_sweeps().items():
        assert read(given(ready=key)) == ready.spec
        assert all(cell.spec is not None for cell in ready.spec.cells()), key
    lab = Lab()
    spec = SweepSpec(name="mine", base=tiny_spec(), axes={"lr": (0.1, 0.2)})
    sweep_id = lab.sweep(spec)
    (tmp_path / "mine.json").write_text(spec.model_dump_json())
    taken_along = read(given(file=str(tmp_path / "mine.json")))
    assert taken_along.name == "mine"
    assert taken_along.runs() == lab.get_sweep(sweep_id).spec.runs()
    assert main(("sweep", "--list", "--json")) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["id"], listed["name"], listed["cells"]) == (sweep_id, "mine", {"waiting": 2})


def test_a_ready_sweep_takes_settings_seeds_and_a_name() -> None:
    ready = ready_sweeps()["degradation"].spec
    changed = read(given(ready="degradation", settings=("steps=7",), seeds="3-4", name="mine"))
    assert (changed.axes, changed.seeds, changed.name) == (ready.axes, (3, 4), "mine")
    assert {run.steps for run in changed.runs()} == {7}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--ready", "degradation", "--config", "resnet32-cifar"), "--config goes with --axis"),
        (("--axis", "lr=0.1", "--axis", "lr=0.2"), "--axis has a name twice"),
        (("--axis", "lr=0.1", "--set", "steps=3", "--set", "steps=4"), "--set has a name twice"),
        (("--axis", "lr=0.1", "--set", "lr=0.2"), "lr is an axis; leave out --set lr"),
        (("--axis", "lr=0.1", "--set", "seed=3"), "--set seed is not allowed; use --seeds"),
        (("--axis", "lr=0.1", "--csv", "x", "--parquet", "./x"), "name the same file"),
        (("--axis", "lr=-1", "--dry-run"), "no cell can be trained: lr = -1"),
        (("--axis", "lr=0.1", "--seeds", "0-10000000"), "at most 20,000"),
        (("--axis", "lr=nan,inf,0.01", "--set", "steps=3"), "the value nan; use finite numbers"),
        (("--axis", "steps=1-100000", "--dry-run"), "at most 20,000"),
    ],
)
def test_no_option_is_dropped(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(("sweep", *arguments)) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ("sweep",),
        ("sweep", "--axis", "lr"),
        ("sweep", "--axis", "nonsense=1"),
        ("sweep", "--axis", "lr=0.1", "--ready", "degradation"),
        ("sweep", "--ready", "nonsense"),
        ("sweep", "nonsense.json"),
        ("sweep", "--axis", "lr=0.1", "--seeds", "9-1"),
        ("sweep", "--axis", "lr=0.1", "--seeds", "x"),
        ("sweep", "--axis", "lr=0.1", "--csv", "/no/such/folder/file.csv"),
    ],
)
def test_what_is_no_sweep_is_one_line(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    is_refused(arguments, capsys)
