"""The Runs page, run by Streamlit's AppTest on a lab of its own, whose runs nobody works on."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.lab.lab import Lab
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import StepRecord
from resnet_viz.scheduler import launcher_client
from resnet_viz.store.database import Store
from resnet_viz.ui.pages.runs.groups import groups, matching
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.workers.run_recorder import Recording
from tests.labs import tiny_spec
from tests.scheduler.test_retention import finish, race
from tests.ui.headings import titles

ROOT = Path(__file__).parents[3]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", {})
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.ip_address", None)
    return Lab(tmp_path / "home")


def runs_page(**link: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    for name, text in link.items():
        app.query_params[name] = text
    return drawn(app.switch_page("pages/runs.py").run())


def drawn(app: AppTest) -> AppTest:
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    return "\n".join(element.value for element in app.markdown)


def rows(app: AppTest) -> list[dict[str, Any]]:
    """What the table's component is given."""
    given = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    return [row for data in given for row in data.get("rows", [])]


def shown(app: AppTest) -> list[str]:
    """The ids of the races in the table."""
    return [row["id"] for row in rows(app)]


def tick(app: AppTest, *ids: str) -> AppTest:
    """As the table's component does when these rows are ticked."""
    app.session_state["runs_ticked"] = ids
    return drawn(app.run())


def test_an_empty_store_invites(lab: Lab) -> None:
    app = runs_page()
    assert "Start race" in app.info[0].value
    assert not rows(app)


def test_an_empty_gallery_invites_nobody(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_VIZ_PUBLIC", "gallery")
    assert [one.value for one in runs_page().info] == [
        "No runs yet. They appear here when this gallery's owner trains some."
    ]


def test_races_and_runs_are_listed_the_newest_first(lab: Lab) -> None:
    old = race(lab, 3, "old")
    alone = lab.start(tiny_spec(name="alone"))
    app = runs_page()
    assert [row["title"] for row in rows(app)] == ["alone", "old a against old b"]
    assert [row["outcome"] for row in rows(app)] == ["queued", "finished"]
    assert rows(app)[1]["href"] == f"race?race={old}"
    app.session_state["runs_opened"] = old
    assert "".join(app.run().query_params["race"]) == old
    app = tick(runs_page(), alone)
    assert app.button(key="runs_together").label == "Open"
    app.button(key="runs_together").click().run()
    assert titles(drawn(app))[0] == "alone"


def test_what_is_looked_for_is_found(lab: Lab) -> None:
    first, second = race(lab, 3, "one"), race(lab, 3, "two")
    lab.note(first, "the rate was too high")
    noise = lab.start(tiny_spec(name="noisy", dataset="noise"))
    found = groups(lab.everything(), lab.race_names(), lab.notes())
    assert [group.id for group in found] == [noise, second, first]

    def ids(words: str = "", statuses: tuple[str, ...] = (), data: str = "") -> list[str]:
        return [group.id for group in matching(found, words, statuses, lab.datasets(), data)]

    assert ids("RATE high") == [first]
    assert ids("two") == [second]
    assert ids(first) == [first]
    assert ids("one two") == []
    assert ids(statuses=("queued",)) == [noise]
    assert ids(statuses=("finished", "queued")) == [noise, second, first]
    assert ids(data="noise") == [noise]
    assert ids(data="digits") == [second, first]
    app = runs_page()
    app.text_input(key="runs_find").set_value("two").run()
    assert shown(app) == [second]
    app.selectbox(key="runs_data").set_value("noise").run()
    assert not rows(drawn(app))
    assert "".join(app.query_params["data"]) == "noise"
    linked = runs_page(find="two", sort="-date", outcome="finished,nonsense", more="")
    assert shown(linked) == [noise, second, first], "another page's link is left alone"
    linked = runs_page(sort="-date", outcome="finished,nonsense")
    assert shown(linked) == [first, second]
    assert "".join(linked.query_params["outcome"]) == "finished"
    assert "".join(linked.query_params["sort"]) == "-date"
    assert shown(runs_page(find="two", sort="nonsense", data="nonsense")) == [second]


def test_a_race_is_named_and_noted(lab: Lab) -> None:
    race_id = race(lab, 3)
    app = tick(runs_page(), race_id)
    app.text_input(key=f"runs_text_{race_id}").set_value("My *first*")
    app.text_area(key=f"runs_note_{race_id}").set_value("lr <b>0.1</b>\nagain")
    app.button(key=f"runs_keep_{race_id}").click().run()
    assert lab.race_name(race_id) == "My *first*"
    assert lab.notes() == {race_id: "lr <b>0.1</b>\nagain"}
    (row,) = rows(drawn(app))
    assert (row["title"], row["nets"]) == ("My *first*", " a,  b")
    assert row["note"] == "lr <b>0.1</b>\nagain"
    assert "Saved" in app.success[0].value
    app.text_input(key=f"runs_text_{race_id}").set_value(" ")
    app.button(key=f"runs_keep_{race_id}").click().run()
    assert plain("Name = ' ' is not allowed") in app.error[0].value


def test_nothing_is_deleted_without_saying_so(lab: Lab) -> None:
    kept, gone = race(lab, 3, "kept"), race(lab, 3, "gone")
    queued = lab.start(tiny_spec())
    app = tick(runs_page(), gone, queued)
    keys = {button.key for button in app.button}
    assert "runs_gone" not in keys, "what is under way cannot be deleted"
    tick(app, gone)
    assert "Permanently delete 2 nets" in text(app)
    app.button(key="runs_gone").click().run()
    assert "Deleted gone a against gone b" in drawn(app).success[0].value
    assert {run.race_id for run in lab.list()} == {kept, None}
    assert not app.run().success


def test_the_owner_stops_what_is_abandoned(lab: Lab) -> None:
    over, paused = race(lab, 3, "over"), lab.race([tiny_spec(name="left")] * 2)
    lab.pause(paused)
    assert [row["stops"] for row in rows(runs_page())] == [True, False]
    app = tick(runs_page(), over)
    assert app.button(key="runs_stop").disabled
    tick(app, over, paused).button(key="runs_stop").click().run()
    assert "Stopped" in drawn(app).success[0].value
    assert {run.status for run in lab.race_runs(paused)} == {"stopped"}
    assert app.button(key="runs_stop").disabled


def test_nets_of_two_races_are_opened_together(lab: Lab) -> None:
    first, second = race(lab, 3, "one"), race(lab, 5, "one")
    app = runs_page()
    assert app.button(key="runs_together").disabled
    tick(app, first, second)
    assert app.button(key="runs_together").label == "Open 4 nets together"
    ids = [lab.race_runs(second)[0].id, lab.race_runs(first)[0].id]
    for race_id in (first, second):
        app.checkbox(key=f"runs_net_{lab.race_runs(race_id)[1].id}").set_value(False).run()
    assert app.button(key="runs_together").label == "Open 2 nets together"
    app.button(key="runs_together").click().run()
    assert not app.exception
    assert "".join(app.query_params["runs"]) == ",".join(ids)
    assert titles(app)[0] == "one a against one a (2)"
    assert not app.button(key="race_next").disabled
    assert not any("steer=" in code.value for code in app.code)
    assert f"runs={ids[0]}%2C{ids[1]}" in app.code[0].value


@pytest.mark.parametrize("ids", ["nothing", ",", ",".join(map(str, range(13))), "a,b"])
def test_a_link_to_no_runs(lab: Lab, ids: str) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    app.query_params["runs"] = ids
    app.switch_page("pages/race.py").run()
    assert not app.exception
    assert "cannot be shown" in app.warning[0].value
    assert "runs" not in app.query_params


def test_a_visitor_from_elsewhere_sees_what_he_has_the_controls_of(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = race(lab, 3, "mine"), race(lab, 3, "other")
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.ip_address", "192.168.0.7")
    key = f"resnet_viz_steer_{mine}"
    cookies = {key: lab.steering_key(mine), f"resnet_viz_steer_{other}": "x" * 43}
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", cookies)
    app = runs_page()
    assert shown(app) == [mine]
    assert shown(tick(app, mine, other)) == [mine]
    assert app.button(key="runs_together").label == "Open", "the other is none of his"


def test_a_visitor_is_told_when_his_share_is_taken(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each address has one: pressed again and again, Start and Pause leave places for others."""

    def start() -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
        app.switch_page("pages/race.py").run()
        app.button(key="race_start").click().run()
        return drawn(app)

    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.ip_address", "192.168.0.7")
    assert not start().error
    assert {run.status for run in lab.list()} == {"queued"}
    with Store(lab.home).session() as connection:
        (asker,) = {row[0] for row in connection.execute("SELECT asker FROM runs")}
        assert asker
        assert "192" not in asker
    lab.pause(lab.race([tiny_spec()] * 30, asker=asker))
    assert "32 runs that are queued, running or paused" in start().error[0].value
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.ip_address", "192.168.0.8")
    assert not start().error
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.ip_address", None)
    assert not start().error, "the owner has all the places"


def test_thousands_are_shown_a_page_at_a_time(lab: Lab) -> None:
    run_id = lab.start(tiny_spec(name="first"))
    finish(lab, [run_id])
    with sqlite3.connect(lab.home / "lab.sqlite3") as connection:
        columns = [
            row[1] for row in connection.execute("PRAGMA table_info(runs)") if row[1] != "position"
        ]
        others = ", ".join(columns).replace("id,", "'r' || value,", 1)
        connection.execute(
            f"INSERT INTO runs ({', '.join(columns)}) SELECT {others} "
            "FROM runs, (SELECT value FROM json_each(?))",
            (str(list(range(200))),),
        )
    app = runs_page()
    assert len(rows(app)) == 40
    assert "1 to 40 of 201" in text(app)
    app.button(key="runs_Next").click().run()
    assert "41 to 80 of 201" in text(drawn(app))
    assert app.button(key="runs_Previous").disabled is False


def test_a_watched_run_stands_here_and_is_opened(lab: Lab) -> None:
    recording = Recording(Store(lab.home), "my own loop", "torch.nn.Sequential", 11, "cpu")
    held = {"grad_norm": Along("layer", ("conv1", "fc"))}
    values = {"grad_norm": np.ones(2, np.float32)}
    recording.add(StepRecord(0, 2.0, np.nan, 0.1, values), held)
    recording._write()
    app = runs_page()
    (row,) = rows(app)
    assert (row["title"], row["outcome"], row["progress"]) == ("my own loop", "running", "1 of ?")
    assert not row["stops"], "nothing here ends it"
    tick(app, recording.run_id)
    assert app.button(key="runs_stop").disabled
    assert "runs_gone" not in {button.key for button in app.button}
    recording.finish("finished", "")
    app.run()
    app.button(key="runs_together").click().run()
    assert titles(drawn(app))[0] == "my own loop"


def test_an_unreadable_run_is_said_and_can_be_deleted(lab: Lab) -> None:
    run_id = lab.start(tiny_spec(name="odd"))
    finish(lab, [run_id])
    with sqlite3.connect(lab.home / "lab.sqlite3") as connection:
        connection.execute("UPDATE runs SET spec = '{}'")
    app = runs_page()
    assert rows(app)[0]["outcome"] == "unreadable"
    assert "another version wrote it" in text(app)
    assert not tick(app, run_id).button(key="runs_together").disabled
    app.button(key="runs_gone").click().run()
    assert lab.everything() == []


def test_a_run_that_is_deleted_while_the_page_is_drawn_is_left_out(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays, gone = race(lab, 3, "stays"), race(lab, 3, "gone")
    listed = Lab.everything

    def deleting(one: Lab) -> object:
        found = listed(one)
        if any(run.race_id == gone for run in found):
            lab.delete(gone)
        return found

    monkeypatch.setattr(Lab, "everything", deleting)
    app = runs_page()
    assert shown(app) == [stays]
    assert [run.race_id for run in lab.list()] == [stays] * 2


def test_a_race_whose_row_is_damaged_is_listed_and_deleted(lab: Lab) -> None:
    race_id = race(lab, 3, "odd")
    race(lab, 3, "sound")
    with Store(lab.home).writing() as connection:
        change = "UPDATE runs SET created = 9e11, message = x'00' WHERE race_id = ?"
        connection.execute(change, (race_id,))
    app = runs_page()
    assert "damaged" in text(app)
    drawn(tick(app, race_id).button(key="runs_gone").click().run())
    assert {run.race_id for run in lab.everything()} != {race_id}
    assert len(lab.everything()) == 2
