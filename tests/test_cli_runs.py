"""runs: what is in the store, listed and deleted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resnet_viz.__main__ import main
from resnet_viz.cli import race as racing
from resnet_viz.lab import launch
from resnet_viz.lab.runs import Lab
from resnet_viz.lab.tidying import LIMIT_VARIABLE
from tests.lab.conftest import tiny_spec
from tests.lab.test_tidying import race
from tests.test_cli_bad_input import is_refused

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The store that the command line uses in this test; nobody works on its runs."""
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(launch, "ensure_launcher", lambda store: None)
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
