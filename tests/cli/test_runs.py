"""runs: what is in the store, listed and deleted."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from pyarrow import parquet

from resnet_viz.__main__ import main
from resnet_viz.cli.commands import race as racing
from resnet_viz.cli.race_output import what_happened
from resnet_viz.experiments.race_spec import RaceSpec
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.findings.contestant import contestants_in
from resnet_viz.findings.race_summary import happened
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Look
from resnet_viz.quantities.records import History
from resnet_viz.scheduler import launcher_client
from resnet_viz.scheduler.retention import LIMIT_VARIABLE
from resnet_viz.store.database import FILE_NAME, Store
from resnet_viz.store.records.chunks import insert_records
from resnet_viz.text import number
from resnet_viz.training.loop import train
from tests.conftest import is_refused
from tests.labs import tiny_spec
from tests.scheduler.test_retention import finish, race

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The store that the command line uses in this test; nobody works on its runs."""
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    return Lab()


def test_runs_says_what_they_take(lab: Lab, capsys: Capture) -> None:
    race(lab, 1000, "ra\x1b[31mce", layers=60)
    assert main(("runs",)) == 0
    heading, *rows, total = capsys.readouterr().out.splitlines()
    assert heading.split()[:5] == ["run", "net", "status", "step", "size"]
    assert all("1000/20" in row and " kB " in row and lab.list()[0].race_id in row for row in rows)
    assert "\x1b" not in "".join(rows)
    assert total.startswith("2 runs, 1.")
    assert total.endswith(f" MB in {lab.home}")
    assert main(("runs", "--json")) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [run["bytes"] for run in listed] == [run.bytes for run in lab.list()]


def test_a_sweep_is_one_line_and_its_runs_are_none(lab: Lab, capsys: Capture) -> None:
    base = tiny_spec()
    sweep_id = lab.sweep(SweepSpec(name="Rates", base=base, axes={"lr": (0.1, 0.01)}))
    assert main(("runs",)) == 0
    _, row, total = capsys.readouterr().out.splitlines()
    assert row.startswith(sweep_id)
    assert "sweep: Rates" in row
    assert "0/2 runs" in row
    assert total.startswith("0 runs, 1 sweep, ")
    single = lab.start(base)
    assert main(("runs",)) == 0
    _, newest, *_ = capsys.readouterr().out.splitlines()
    assert newest.startswith(single)
    assert main(("runs", "--json")) == 0
    assert [run["id"] for run in json.loads(capsys.readouterr().out)] == [single]


def test_runs_stop(lab: Lab, capsys: Capture) -> None:
    """Whoever uses the command line stops anything: what is paused and abandoned, too."""
    over = race(lab, 2)
    paused, queued = lab.race([tiny_spec()] * 2), lab.start(tiny_spec())
    lab.pause(paused)
    assert main(("runs", "stop", paused, queued, over)) == 0
    assert capsys.readouterr() == ("", "")
    assert [run.status for run in lab.list()] == ["stopped"] * 3 + ["finished"] * 2
    assert "no run or race with the id" in is_refused(("runs", "stop", "x"), capsys)


def test_runs_delete(lab: Lab, capsys: Capture) -> None:
    kept, gone = race(lab, 2), race(lab, 2)
    assert main(("runs", "delete", gone)) == 0
    assert capsys.readouterr() == ("", "")
    assert {run.race_id for run in lab.list()} == {kept}
    assert "no run or race with the id" in is_refused(("runs", "delete", gone), capsys)
    under_way = lab.start(tiny_spec())
    assert "is under way; stop it" in is_refused(("runs", "delete", under_way), capsys)
    for words in (("delete",), ("delete", ""), ("delete", "a", "b"), ("delete", "\x1b\n"), ("x",)):
        is_refused(("runs", *words), capsys)
    assert "list alone" in is_refused(("runs", "--json", "delete", kept), capsys)
    assert len(lab.list()) == 3


def test_runs_show_what_is_known_of_one_that_cannot_be_read(lab: Lab, capsys: Capture) -> None:
    race_id = race(lab, 30, "odd")
    first, second = lab.race_runs(race_id)
    losses = [record.loss for record in lab.records(first.id)]
    with Store(lab.home).writing() as connection:
        connection.execute("UPDATE runs SET spec = '{}' WHERE name = 'odd a'")
    assert main(("runs", "show", first.id)) == 0
    out, err = capsys.readouterr()
    stands, reason, curve = out.splitlines()
    assert err == ""
    assert stands == "odd a: finished, step 30 of 20."
    assert reason.startswith(f"The run '{first.id}' cannot be read, another version wrote it")
    assert curve.startswith(f"Its loss: {number(losses[0])} at step 0, ")
    assert curve.endswith(f"{number(losses[-1])} at step 29.")
    assert curve.count("at step") == 10
    assert main(("runs", "show", race_id)) == 0
    both = capsys.readouterr().out
    assert both.startswith(out)
    assert "odd b" in both.removeprefix(out)
    assert main(("runs", "show", first.id, "--json")) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == []
    assert "cannot be read" in err
    with Store(lab.home).writing() as connection:
        connection.execute("UPDATE runs SET created = 9e11 WHERE id = ?", (second.id,))
    assert main(("runs", "show", second.id)) == 0
    assert "damaged" in capsys.readouterr().out
    assert "no run or race with the id" in is_refused(("runs", "show", "nobody"), capsys)


def test_runs_rename_and_note(lab: Lab, capsys: Capture) -> None:
    race_id = race(lab, 2)
    assert main(("runs", "rename", race_id, "Mine")) == 0
    assert main(("runs", "note", race_id, "lr was too high")) == 0
    assert (lab.race_name(race_id), lab.notes()) == ("Mine", {race_id: "lr was too high"})
    assert main(("runs", "note", race_id, "")) == 0
    assert lab.notes() == {}
    assert capsys.readouterr() == ("", "")
    assert "no run or race with the id" in is_refused(("runs", "note", "x", "y"), capsys)
    assert "name = ''" in is_refused(("runs", "rename", race_id, ""), capsys)


def test_an_id_is_never_taken_for_an_option(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = iter(["-a", "--help", "good", "-x", "fine"])
    monkeypatch.setattr("secrets.token_urlsafe", lambda _: next(tokens))
    assert lab.race([tiny_spec()]) == "good"
    assert lab.list()[0].id == "fine"


def test_race_says_what_was_deleted_for_it(
    lab: Lab, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    race(lab, 500, "old", layers=60)
    (tmp_path / "net.json").write_text(tiny_spec().config.model_dump_json())
    monkeypatch.setattr(racing, "_follow", lambda *_, **__: [])
    command = ("race", str(tmp_path / "net.json"), "--device", "cpu", "--json")
    monkeypatch.setenv(LIMIT_VARIABLE, "2 gigs")
    assert "RESNET_VIZ_LIMIT = '2 gigs' is not a size" in is_refused(command, capsys)
    monkeypatch.setenv(LIMIT_VARIABLE, "200 kB")
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("note: the runs took more than RESNET_VIZ_LIMIT = 200 kB allows")
    assert "old a against old b" in err
    assert len(lab.list()) == 1


def test_runs_export_and_import(lab: Lab, tmp_path: Path, capsys: Capture) -> None:
    race_id, file = race(lab, 5, "mine"), tmp_path / "mine.race"
    assert main(("runs", "export", race_id, "-o", str(file))) == 0
    assert capsys.readouterr() == ("", "")
    assert main(("runs", "import", str(file))) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [run.name for run in lab.race_runs(out.strip())] == ["mine a", "mine b"]
    assert out.strip() != race_id


def test_runs_report(lab: Lab, tmp_path: Path, capsys: Capture) -> None:
    race_id, file = race(lab, 3), tmp_path / "race.html"
    for one in (race_id, lab.list()[0].id):
        assert main(("runs", "report", one, "-o", str(file))) == 0
        assert capsys.readouterr() == ("", "")
        assert file.read_text().startswith("<!doctype html>")
        file.unlink()
    wrong = ("runs", "report", race_id, "-o", str(tmp_path / "race.txt"))
    assert "a report is written to a file .html" in is_refused(wrong, capsys)
    assert "no run or race" in is_refused(("runs", "report", "x", "-o", str(file)), capsys)
    assert not list(tmp_path.glob("*.html"))


def test_runs_export_as_a_table(lab: Lab, tmp_path: Path, capsys: Capture) -> None:
    race_id, file = race(lab, 5, "mine"), tmp_path / "mine.CSV"
    assert main(("runs", "export", race_id, "-o", str(file), "--quantity", "grad_norm")) == 0
    assert capsys.readouterr() == ("", "")
    heading, *rows = file.read_text().splitlines()
    assert heading == "net,step,quantity,of,value,note"
    assert len(rows) == 2 * 5 * 6
    run_id = lab.list()[0].id
    assert main(("runs", "export", run_id, "-o", str(tmp_path / "mine.parquet"))) == 0
    table = parquet.read_table(tmp_path / "mine.parquet")
    assert set(table["net"].to_pylist()) == {"mine b"}
    assert len(table) == 5 * (3 + 3 * 6)


@pytest.mark.parametrize(
    "words",
    [
        ("export",),
        ("export", "ID"),
        ("export", "ID", "-o"),
        ("export", "nothing", "-o", "x"),
        ("export", "ID", "-o", ""),
        ("export", "ID", "-o", "."),
        ("export", "ID", "-o", "no/x"),
        ("export", "ID", "-o", "/dev/null"),
        ("export", "ID", "-o", "x" * 300),
        ("export", "ID", "-o", "nul\0"),
        ("export", "ID", "-o", "x.csv", "--quantity", "gradnorm"),
        ("export", "ID", "-o", "x.csv", "--quantity", ""),
        ("export", "ID", "-o", "x.race", "--quantity", "loss"),
        ("export", "nothing", "-o", "x.parquet"),
        ("export", "ID", "--quantity", "loss"),
        ("export", "ID", "--tensorboard"),
        ("export", "ID", "--tensorboard", "text/board"),
        ("import",),
        ("import", ""),
        ("import", "."),
        ("import", "missing"),
        ("import", "mis\x1bsing\n"),
        ("import", "nul\0"),
        ("import", "x" * 5000),
        ("import", "\udcff"),
        ("import", "text", "text"),
        ("import", "text"),
        ("import", "/dev/null"),
        ("import", "/dev/zero"),
        ("import", "pipe"),
    ],
    ids=lambda words: repr(" ".join(words)[:30]),
)
def test_bad_input_is_one_line(
    words: tuple[str, ...],
    lab: Lab,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    race_id = race(lab, 2)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text("net,step,quantity,of,value\n")
    os.mkfifo(tmp_path / "pipe")
    is_refused(("runs", *(race_id if word == "ID" else word for word in words)), capsys)
    assert {path.name for path in tmp_path.iterdir()} == {"home", "text", "pipe"}
    assert len(lab.list()) == 2


def test_rename_gives_a_run_and_a_race_another_name(lab: Lab, capsys: Capture) -> None:
    race_id = race(lab, 1)
    run_id = lab.list()[0].id
    assert main(("runs", "rename", race_id, "depth")) == 0
    assert main(("runs", "rename", run_id, "other")) == 0
    assert (lab.race_name(race_id), lab.get(run_id).name) == ("depth", "other")
    capsys.readouterr()
    assert "allowed are 1 to 200" in is_refused(("runs", "rename", run_id, ""), capsys)


def test_show_says_what_happened(lab: Lab, capsys: Capture) -> None:
    race_id = race(lab, 30)
    assert main(("runs", "show", race_id)) == 0
    shown = capsys.readouterr().out.splitlines()
    look = Look(lab.race_runs(race_id), {r.id: History(lab.records(r.id)) for r in lab.list()})
    assert shown == [text for text, _ in happened(contestants_in(look))]
    assert len(shown) > 3
    two = (tiny_spec(name="a"), tiny_spec(name="b"))
    several = lab.race(RaceSpec(contestants=two, seeds=(0, 1)))
    finish(lab, [run.id for run in lab.race_runs(several)], 30)
    assert main(("runs", "show", several)) == 0
    verdict, *others = capsys.readouterr().out.splitlines()
    assert verdict.startswith("Over 2 seeds each, a and b are level")
    assert not [line for line in others if ", seed " in line]
    rates = tuple(tiny_spec(name="c", lr=lr) for lr in (0.01, 0.02))
    alike = lab.race(RaceSpec(contestants=rates, seeds=(0, 1)))
    finish(lab, [run.id for run in lab.race_runs(alike)], 30)
    assert main(("runs", "show", alike)) == 0
    told = capsys.readouterr().out
    assert "c has learnt in all 2 runs" in told, "both nets of one name are told"
    assert "c (2) has learnt in all 2 runs" in told
    assert "The nets were trained differently (learning rate 0.01 and 0.02)" in told
    assert main(("runs", "show", alike, "--json")) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"learnt", "trained differently"} <= {claim["kind"] for claim in found}
    assert all(claim["text"] in told or claim["kind"] == "ended" for claim in found)
    run_id = lab.list()[0].id
    assert main(("runs", "show", run_id)) == 0
    assert capsys.readouterr().out != "".join(shown)
    assert main(("runs", "show", race(lab, 0))) == 0
    assert capsys.readouterr().out == "Not every net has done a step yet.\n"
    assert "no run or race" in is_refused(("runs", "show", "nothing"), capsys)


def test_show_tells_all_that_the_race_itself_told(lab: Lab, capsys: Capture) -> None:
    """Nothing that a sentence is made from is left out when a run is read again."""
    spec = tiny_spec(steps=6, measure_every=2)
    records = list(train(spec))
    run_id = lab.start(spec)
    with Store(lab.home).writing() as connection:
        insert_records(connection, 1, records)
    run = lab.get(run_id)
    told = list(what_happened([run], {run_id: History(records)}))
    assert any("effective rank" in sentence for sentence in told)
    assert main(("runs", "show", run_id)) == 0
    assert capsys.readouterr().out.splitlines() == told


def test_runs_recover_says_what_came_back_and_what_did_not(lab: Lab, capsys: Capture) -> None:
    kept = race(lab, 9, "kept")
    assert main(("runs", "recover")) == 0
    assert capsys.readouterr().out.startswith("no damaged store was set aside in ")
    file = lab.home / FILE_NAME
    whole = bytearray(file.read_bytes())
    whole[:100] = os.urandom(100)
    file.write_bytes(whole)
    assert main(("runs", "recover")) == 0
    said = capsys.readouterr()
    assert "set aside" in said.err
    assert ": 2 runs with 18 steps brought back" in said.out
    assert {run.race_id for run in lab.list()} == {kept}
