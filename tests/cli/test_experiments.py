"""build, race and runs: real worker processes on a tiny net, in a store of the test's own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import typer

from resnet_viz.__main__ import main
from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.cli.command_list import app
from resnet_viz.cli.commands import race as racing
from resnet_viz.cli.commands.race import _print_records, _specs
from resnet_viz.cli.inputs import read_contestants
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.starting_points import starting_points
from resnet_viz.lab.lab import Lab
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler import launcher_client
from resnet_viz.scheduler.engine import ThisMachine
from resnet_viz.scheduler.heartbeat import find_process
from resnet_viz.store.database import Store
from resnet_viz.store.runs_table import select_runs
from tests.labs import end, wait_until

TINY = ResNetConfig(depths=(1, 1), widths=(8, 16), stem="cifar", num_classes=10, image_size=8)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """The empty store that the command line uses in this test; no process outlives it."""
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    one = Lab()
    yield one
    end(one)


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    """The path of a tiny net's config."""
    path = tmp_path / "tiny.json"
    path.write_text(TINY.model_dump_json())
    return str(path)


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
def test_race_prints_one_json_line_a_step_and_net(
    lab: Lab, tiny: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(("race", tiny, tiny, "--steps", "3", "--batch-size", "16", "--json")) == 0
    out, _ = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    nets = list(dict.fromkeys(line["net"] for line in lines))
    assert len(nets) == 2, "two contestants with the same label are told apart"
    names = [layer.name for layer in plan(RunSpec(config=TINY).adapted).weighted_layers]
    always = {"net", "seed", "step", "loss", "accuracy", "seconds"}
    always |= {"grad_norm", "weight_norm", "update_ratio", "grad_total_norm"}
    for net in nets:
        mine = [line for line in lines if line["net"] == net]
        assert [line["step"] for line in mine] == [0, 1, 2]
        assert mine[0].pop("layer_names") == names
        held = mine[0].pop("quantities")
        assert held["grad_norm"] == {"axis": "layer", "names": names, "every": 1}
        at_first = set(held) - {"final"}
        assert set(mine[0]) == always | at_first, "at step 0 all are taken but the end"
        assert len(mine[-1]["final"]) == len(held["final"]["names"])
        for line in mine:
            assert always <= set(line) <= always | set(held)
            taken = set(line) & set(held)
            assert all(len(line[name]) == len(held[name]["names"]) for name in taken)
    assert [run.status for run in lab.list()] == ["finished", "finished"]
    assert main(("runs", "--json")) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {run["name"] for run in listed} == set(nets)
    assert all(run["spec"]["steps"] == run["steps_done"] == 3 for run in listed)


def test_every_field_of_a_run_is_an_option_of_race_with_its_default_in_the_help() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    race = group.commands["race"]
    options = {
        option.name: option
        for option in race.get_params(typer.Context(race))
        if option.param_type_name == "option" and option.name != "help"
    }
    fields = {name: field for name, field in RunSpec.model_fields.items() if name != "config"}
    assert set(options) == set(fields) | {"as_json", "seeds", "experiment", "engine"}
    for name, field in fields.items():
        option = options[name]
        assert f"--{name.replace('_', '-')}" in option.opts
        if field.default is None or field.default is False or field.default in ("", ()):
            continue  # said in words, or off
        shown = re.search(r"Default: (\S+)\.$", option.help or "")
        assert shown, option.help
        assert type(field.default)(shown[1]) == field.default


def test_the_options_of_race_reach_the_runs_and_the_rest_are_their_own_defaults(
    lab: Lab, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setattr(racing, "_follow", lambda *_, **__: [])
    assert main(("race", tiny, tiny, "--device", "cpu", "--json")) == 0
    assert {run.spec.name for run in lab.list()} == (names := {run.name for run in lab.list()})
    assert len(names) == 2
    for run in lab.list():
        assert run.spec == RunSpec(config=TINY, name=run.name, device="cpu")
    given = {
        "dataset": "noise",
        "subset": 1000,
        "augment": "crop_flip",
        "steps": 8,
        "batch_size": 16,
        "optimizer": "sgd",
        "lr": 0.002,
        "momentum": 0.5,
        "weight_decay": 0.25,
        "warmup_steps": 2,
        "schedule": "step",
        "step_gamma": 0.5,
        "label_smoothing": 0.1,
        "clip_grad_norm": 2.5,
        "image_size": 12,
        "seed": 9,
        "device": "cpu",
        "precision": "bfloat16",
        "evaluate_every": 4,
        "measure_every": 3,
        "checkpoint_every": 4,
    }
    options = [text for k, v in given.items() for text in (f"--{k.replace('_', '-')}", str(v))]
    options += [
        "--checkpoints",
        "4,8",
        "--step-milestones",
        "3,5",
        "--nesterov",
        "--compile",
        "--checkpointing",
    ]
    given |= {"checkpoints": (4, 8), "step_milestones": (3, 5), "nesterov": True, "compile": True}
    given |= {"activation_checkpointing": True}
    assert {*given, "config", "name", "classes"} == set(RunSpec.model_fields), "none is left out"
    named = ("--name", "one", "--name", "two")
    assert main(("race", tiny, tiny, *options, *named)) == 0
    second, first = lab.list()[:2]
    shared = RunSpec(config=TINY, **given)  # type: ignore[arg-type]
    assert first.spec == shared.model_copy(update={"name": "one"})
    assert second.spec == shared.model_copy(update={"name": "two"})


def test_seeds_are_raced_one_after_the_other_and_their_nets_side_by_side(
    lab: Lab, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setattr(racing, "_follow", lambda *_, **__: [])
    command = ("race", tiny, tiny, "--name", "a", "--name", "b", "--seeds", "4,0")
    main((*command, "--device", "cpu", "--json"))
    raced = [(run.name, run.spec.seed) for run in reversed(lab.list())]
    assert raced == [("a", 4), ("b", 4), ("a", 0), ("b", 0)]


@pytest.mark.parametrize("command", ["build", "race"])
def test_a_device_that_is_not_there_is_one_line_and_no_progress(
    lab: Lab, tiny: str, command: str, capfd: pytest.CaptureFixture[str]
) -> None:
    nets = (tiny, tiny) if command == "race" else (tiny,)
    assert main((command, *nets, "--device", "cuda:999")) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("error: device = 'cuda:999' is not there; there is: ")
    assert lab.list() == []


def test_a_net_that_fails_is_one_line_and_status_1(
    lab: Lab, tiny: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    given = ("--steps", "3", "--device", "cpu", "--json")
    assert main(("race", tiny, tiny, *given)) == 1
    out, err = capsys.readouterr()
    assert out == ""
    last = err.splitlines()[-1]
    assert last.startswith("error: ")
    assert "failed at step 0 of 3: " in last
    assert "Traceback" not in err
    assert [run.status for run in lab.list()] == ["failed", "failed"]


@pytest.fixture
def heeds_sigint() -> Iterator[None]:
    """Tests that a shell runs in the background inherit, and would hand on, an ignored SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
@pytest.mark.usefixtures("heeds_sigint")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ending_a_race_early_stops_its_workers(lab: Lab, tiny: str, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "resnet_viz", "race", tiny, tiny, "--steps", "100000"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ.copy()) as process:
        deadline = time.monotonic() + 120
        while not any(run.steps_done for run in lab.list()):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        try:
            process.send_signal(number)
            _, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 128 + number
    assert b"Traceback" not in err
    assert b"error:" not in err
    assert {run.status for run in lab.list()} == {"stopped"}


def test_what_is_not_finite_is_null_in_json(
    lab: Lab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    run = lab.get(lab.start(RunSpec(config=TINY, seed=3, device="cpu")))
    values = {"grad_norm": np.array([np.nan, np.inf, 1.5], np.float32)}
    _print_records(run, [StepRecord(7, float("nan"), 0.5, 1.0, values)])
    line = json.loads(capsys.readouterr().out)
    assert line["loss"] is None
    assert line["grad_norm"] == [None, None, 1.5]
    assert line["seed"] == 3
    assert "layer_names" not in line
    assert "update_ratio" not in line


def test_a_run_that_cannot_be_read_is_listed_with_the_reason(
    lab: Lab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    old, new = (lab.start(RunSpec(config=TINY, name=name)) for name in ("old", "new"))
    with Store(lab.home).writing() as connection:
        connection.execute("UPDATE runs SET spec = json_set(spec, '$.gone', 1) WHERE name = 'old'")
    assert main(("runs", "--json")) == 0
    good, bad = json.loads(capsys.readouterr().out)
    assert (good["id"], good["spec"]["name"], good["status"]) == (new, "new", "queued")
    assert (bad["id"], bad["spec"], bad["status"]) == (old, None, "unreadable")
    assert set(good) == set(bad)
    assert "gone" in bad["message"]
    assert main(("runs",)) == 0
    heading, first, second, total = capsys.readouterr().out.splitlines()
    assert "message" in heading
    assert first.startswith(new)
    assert second.startswith(old)
    assert "cannot be read" in second
    assert total.startswith("2 runs, ")


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its workers")
@pytest.mark.skipif(sys.platform == "win32", reason="stops a process by a signal")
def test_race_follows_a_worker_that_does_not_answer_for_a_while(lab: Lab, tiny: str) -> None:
    command = [sys.executable, "-m", "resnet_viz", "race", tiny, tiny, "--steps", "400"]
    command += ["--batch-size", "16", "--device", "cpu"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        wait_until(lambda: any(run.steps_done for run in lab.list()))
        run = next(run for run in lab.list() if run.steps_done)
        with Store(lab.home).session() as connection:
            (row,) = select_runs(connection, "id = ?", run.id)
        worker = find_process(row)
        assert worker is not None
        worker.suspend()
        wait_until(lambda: lab.get(run.id).status == "not answering", 10)
        time.sleep(1)
        assert process.poll() is None
        worker.resume()
        out, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    assert out.count(b"\n") == 4, "headings, two nets, a note"
    assert [run.status for run in lab.list()] == ["finished"] * 2


def test_runs_says_when_there_are_none(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    assert lab.list() == []
    assert main(("runs",)) == 0
    assert capsys.readouterr() == ("no runs yet\n", "")
    assert main(("runs", "--json")) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_an_unusable_store_is_one_line_and_status_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "file"))
    assert main(("runs",)) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("error: ")


@pytest.mark.flaky(reruns=1, reason="seconds: a net is timed")
def test_build_prints_what_was_measured(tiny: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("build", tiny, "--device", "cpu", "--batch-size", "4", "--json")) == 0
    built = json.loads(capsys.readouterr().out)
    assert built["output_shape"] == [4, 10]
    assert built["params"] == plan(TINY).params
    assert built["device"].startswith("cpu")
    assert min(built["build_seconds"], built["forward_ms"], built["backward_ms"]) > 0
    assert main(("build", tiny, "--device", "cpu", "--batch-size", "4")) == 0
    assert "4 x 10" in capsys.readouterr().out


@pytest.mark.parametrize("name", list(starting_points()))
def test_an_experiment_trains_what_the_page_does(name: str) -> None:
    entries, training = read_contestants((), name)
    specs = _specs(entries, (), {"seed": None, **training}, None, ThisMachine())
    experiment = starting_points()[name]
    assert [spec.config for spec in specs] == [entry.config for entry in experiment.entries]
    for spec, entry in zip(specs, experiment.entries, strict=True):
        for field, value in {**experiment.training, **entry.training}.items():
            assert getattr(spec, field) == value


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["race"], "neither CONFIG nor --experiment is given; allowed: one of them"),
        (["race", "resnet20-cifar", "--experiment", "No norm"], "both CONFIG and --experiment"),
        (["race", "--experiment", "No norms"], "did you mean 'No norm'"),
    ],
)
def test_nets_are_named_or_an_experiments(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert words in capsys.readouterr().err
