"""The app that is open to everybody: what its server refuses, whatever a page shows."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.starting_points import starting_points
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler import launcher_client
from resnet_viz.ui.session import access
from resnet_viz.ui.session.lab_state import open_lab
from resnet_viz.ui.session.locality import visitor_address
from resnet_viz.ui.session.public import MOST_STEPS, SHARE, mode
from resnet_viz.ui.session.public_lab import _check_sizes
from tests.labs import tiny_spec
from tests.scheduler.test_retention import race

ROOT = Path(__file__).parents[3]
READS = {
    *("bytes", "checkpoints", "datasets", "everything", "expected_seconds", "export", "get"),
    *("home", "job", "jobs_under_way", "list", "measured", "notes", "notice", "race_name"),
    *("class_link", "votes", "expected_sweep", "get_sweep", "sweep_cells", "sweep_table", "sweeps"),
    *("race_names", "race_runs", "records", "series", "steering_key", "unreadable"),
}
"""What changes nothing."""
OWN = {"look_at", "ready", "cancel_job", "submit", "may_steer"}
"""What looking needs, and what has a test of its own."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RESNET_VIZ_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", {})
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.ip_address", None)
    return tmp_path / "home"


def test_another_value_starts_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_VIZ_PUBLIC", "galery")
    with pytest.raises(ValueError, match="'galery' is not allowed; allowed: gallery, limited"):
        mode()


def test_a_gallery_does_nothing_for_anybody(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Lab(home)
    race_id = own.race([tiny_spec(), tiny_spec()])
    own.export(race_id, home / "race.sqlite3")
    key = own.steering_key(race_id)
    before = own.everything()
    monkeypatch.setenv("RESNET_VIZ_PUBLIC", "gallery")
    gallery = open_lab()
    arguments = {
        "start": (tiny_spec(),),
        "race": ([tiny_spec()],),
        "watch": (None,),
        "slow": (race_id, 1.0),
        "rename": (race_id, "mine"),
        "note": (race_id, "mine"),
        "import_": (home / "race.sqlite3",),
        "recover": (),
    }
    names = {name for name, _ in inspect.getmembers(Lab) if not name.startswith("_")}
    for name in sorted(names - READS - OWN):
        with pytest.raises(ValueError, match="this is a gallery"):
            getattr(gallery, name)(*arguments.get(name, (race_id,)))
    for kind in ("data", "measure", "weights"):
        with pytest.raises(ValueError, match="this is a gallery"):
            gallery.submit(kind, {})
    assert not gallery.may_steer(race_id, key)
    assert own.may_steer(race_id, key)
    assert own.everything() == before


def as_visitor(monkeypatch: pytest.MonkeyPatch, *held: str) -> None:
    monkeypatch.setenv("RESNET_VIZ_PUBLIC", "limited")
    monkeypatch.setattr("resnet_viz.ui.session.public_lab.is_owner", lambda: False)
    monkeypatch.setattr(
        "resnet_viz.ui.session.public_lab.has_controls", lambda lab, race: race in held
    )


def test_a_visitor_has_a_share(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_visitor(monkeypatch)
    lab = open_lab()
    lab.race([tiny_spec(steps=MOST_STEPS)] * (SHARE - 1), asker="ann")
    with pytest.raises(ValueError, match=f"each visitor may have {SHARE};"):
        lab.race([tiny_spec()] * 2, asker="ann")
    lab.race([tiny_spec()], asker="ann")
    lab.race([tiny_spec()], asker="bob")
    with pytest.raises(ValueError, match="steps = 501 is not allowed here"):
        lab.race([tiny_spec(steps=MOST_STEPS + 1)], asker="bob")
    with pytest.raises(ValueError, match="only the owner of this server may import"):
        lab.import_(home / "race.sqlite3")
    with pytest.raises(ValueError, match="only the owner of this server may download"):
        lab.submit("data", {})


@pytest.mark.parametrize(
    ("net", "settings", "sentence"),
    [
        ("resnet101", {"image_size": 32}, r"101.*: parameters = 4\d,\d{3},\d{3} is not"),
        ("resnet56-cifar", {"batch_size": 1024, "image_size": 64}, "bytes of memory = "),
        ("resnet56-cifar", {"steps": 500, "batch_size": 256, "image_size": 32}, "500 steps = "),
        ("resnet56-cifar", {"steps": 500, "evaluate_every": 1, "image_size": 32}, "500 steps = "),
    ],
)
def test_a_visitors_net_has_a_largest_size(
    net: str,
    settings: dict[str, int],
    sentence: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = RunSpec(config=preset(net), dataset="digits", **{"steps": 1, **settings})
    as_visitor(monkeypatch)
    lab = open_lab()
    for start in (lambda: lab.race([spec]), lambda: lab.start(spec), lambda: lab.sweep(_of(spec))):
        with pytest.raises(ValueError, match=sentence + ".*allowed here; allowed: at most"):
            start()
    assert list(lab.list()) == []
    monkeypatch.setattr("resnet_viz.ui.session.public_lab.is_owner", lambda: True)
    lab.start(spec)


def _of(spec: RunSpec) -> SweepSpec:
    return SweepSpec(base=spec, axes={"lr": (0.1,)})


def test_a_visitors_jobs_are_of_small_nets(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_visitor(monkeypatch)
    lab = open_lab()
    for request in ({"config": preset("resnet101")}, {"config": preset("resnet152").model_dump()}):
        with pytest.raises(ValueError, match=r"parameters = \d\d,.* is not allowed here"):
            lab.submit("summary", request)
    lab.submit("summary", {"config": preset("resnet50")})


def test_a_visitors_jobs_keep_no_more_than_a_race_may(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few parameters, and images at full resolution through all layers."""
    wide = revise(preset("resnet20-cifar"), image_size=1024)
    small = RunSpec(config=preset("resnet20-cifar"), dataset="digits", batch_size=2, image_size=256)
    run_id = Lab(home).start(small)
    images = {"images": 32}
    measure = {"run_id": run_id, "step": 0, "measurement": "gradients", "settings": images}
    as_visitor(monkeypatch)
    lab = open_lab()
    for kind, request in (
        ("build", {"config": wide}),
        ("onnx", {"config": revise(wide, image_size=4096)}),
        ("weights", {"config": revise(wide, image_size=4096), "published": "resnet18"}),
        ("initialisation", {"configs": [revise(wide, image_size=256)]}),
        ("measure", measure),
        ("measure", {**measure, "measurement": "rank_cka", "settings": {"images": 1000}}),
    ):
        with pytest.raises(ValueError, match=r"bytes of memory = \d+,.* is not allowed here"):
            lab.submit(kind, request)
    lab.submit("build", {"config": revise(wide, image_size=256)})
    lab.submit("initialisation", {"configs": [preset("resnet56-cifar")]})
    lab.submit("measure", {**measure, "settings": {"images": 8}})
    lab.submit("measure", {**measure, "measurement": "rank_cka"})  # it makes no backward pass


def test_the_default_race_and_every_starting_point_are_small_enough() -> None:
    for point in starting_points().values():
        _check_sizes(spec for spec in point.specs if spec.steps <= MOST_STEPS)


def test_a_visitor_touches_what_is_theirs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs = (Lab(home).race([tiny_spec()]) for _ in "ab")
    as_visitor(monkeypatch, mine)
    lab = open_lab()
    actions: list[Callable[[str], object]] = [
        *(lab.pause, lab.resume, lab.step, lambda race: lab.slow(race, 1.0)),
        *(lambda race: lab.rename(race, "x"), lambda race: lab.note(race, "x")),
        *(lab.stop, lab.delete),
    ]
    for act in actions:
        with pytest.raises(ValueError, match="only the person who started this"):
            act(theirs)
        act(mine)
    with pytest.raises(ValueError, match="only the person who started this"):
        lab.race([tiny_spec()], instead_of=theirs)
    assert [run.race_id for run in lab.list()] == [theirs]


def test_whoever_opened_a_class_closes_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs = (Lab(home).open_class() for _ in "ab")
    as_visitor(monkeypatch, access.class_id(mine))
    lab = open_lab()
    lab.close_class(mine)
    with pytest.raises(ValueError, match="only the person who started this"):
        lab.close_class(theirs)
    assert lab.class_link(theirs) == ""


def test_only_the_key_makes_an_owner(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert access.is_owner()
    monkeypatch.setenv("RESNET_VIZ_PUBLIC", "limited")
    assert not access.is_owner()


@pytest.mark.parametrize(
    ("address", "forwarded", "is_public", "counts_for"),
    [
        (None, [], False, ""),
        (None, ["93.184.216.34"], False, "93.184.216.34"),
        ("192.168.0.7", ["93.184.216.34"], False, "192.168.0.7"),
        ("172.17.0.1", ["9.9.9.9", " 93.184.216.34", "10.0.0.2"], True, "93.184.216.34"),
        ("172.17.0.1", [""], True, "172.17.0.1"),
        ("151.101.1.69", ["93.184.216.34"], True, "151.101.1.69"),
    ],
)
def test_whom_a_visitor_counts_for(
    address: str | None, forwarded: list[str], is_public: bool, counts_for: str
) -> None:
    assert visitor_address(address, forwarded, is_public=is_public) == counts_for


def test_a_gallerys_pages_say_so_and_offer_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    race(Lab(home), steps=2)
    monkeypatch.setenv("RESNET_VIZ_PUBLIC", "gallery")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    assert not app.exception
    assert "This is a gallery." in " ".join(one.value for one in app.markdown)
    assert [one.key for one in app.button] == []
    app.switch_page("pages/race.py").run()
    assert app.button(key="race_start").disabled
    assert "Open a race on the Runs page" in " ".join(one.value for one in app.info)
    app.switch_page("pages/runs.py").run()
    assert not app.exception
    assert "Races\\: 1" in " ".join(one.value for one in app.markdown)
    assert "Import a race" not in [one.label for one in app.expander]
