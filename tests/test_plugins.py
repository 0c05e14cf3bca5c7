"""Adding a thing is adding a file: four of them, in folders beside the package's, found everywhere.

Their processes find them, too: what Python imports when it begins adds the folders there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz import measurements, quantities
from resnet_viz.__main__ import main
from resnet_viz.data import datasets, registry
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler.jobs import registry as job_registry
from resnet_viz.store import stored_spec
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.workers import job_kinds
from tests.labs import end, tiny_spec, wait_until

ROOT = Path(__file__).parents[1]
QUANTITY = '''
"""The largest weight of a layer."""
from resnet_viz.quantities import Quantity

QUANTITY = Quantity(
    name="largest_weight", title="largest weight", symbol="max |W|",
    sentence="The largest weight in size.", source="this test", scale="linear",
)


def measure(weight):
    import torch

    return torch.stack([w.abs().max() for w in weight])
'''
MEASUREMENT = '''
"""How large a net's weights are."""
from resnet_viz.measurements.base.measurement import Given, Measurement, images

MEASUREMENT = Measurement(
    name="sizes", title="sizes of the weights", sentence="How large weights are.", formula="|W|",
    source="this test", cost=0.1, settings=(images(8),),
    gives={
        "by_layer": Given("largest weight in size", ("layer",)),
        "largest": Given("the largest weight of all", (), "units"),
    },
)


def measure(subject):
    sizes = [p.abs().max().item() for p in subject.network.parameters() if p.dim() > 1]
    return {"by_layer": sizes, "largest": max(sizes)}
'''
JUDGED = '''
"""How large a net's weights are, said in words of its own and drawn as points."""
from dataclasses import replace

from resnet_viz.measurements import sizes
from resnet_viz.measurements.base.figure import Points
from resnet_viz.measurements.base.verdict import Verdict

MEASUREMENT = replace(
    sizes.MEASUREMENT, name="judged", title="weights, judged", figure=Points("largest")
)
measure = sizes.measure


def verdict(net):
    return Verdict("has weights", f"Its largest weight is {net.scalar('largest'):.3f}.", 1.0)
'''
DATASET = '''
"""Stripes, across or along."""
import numpy as np

from resnet_viz.data.dataset import Dataset, Pixels


class Stripes(Dataset):
    def open(self, split, image_size=None):
        labels = np.arange(self.train if split == "train" else self.test) % 2
        stripes = np.tile(np.arange(8) % 2, (8, 1)).astype(np.float32)
        images = np.stack([stripes if label else stripes.T for label in labels])
        return Pixels(images[:, None] + (split == "test") * 0.1, labels)


DATASET = Stripes(
    name="stripes", title="Stripes across or along", channels=1, classes=2, image_size=8,
    train=64, test=32, source="this test", licence="none needed",
)
'''
KIND = '''
"""A sum."""
from resnet_viz.scheduler.jobs.kind import JobRequest, Kind

KIND = Kind("sum", "The sum")


class Request(JobRequest):
    numbers: tuple[int, ...]


def work(request, report):
    report(0.5, "half of it")
    return {"sum": sum(request.numbers)}
'''
PLUGINS = {
    quantities: {"largest_weight": QUANTITY},
    measurements: {"sizes": MEASUREMENT, "judged": JUDGED},
    datasets: {"stripes": DATASET},
    job_kinds: {"sums": KIND},
}
CACHES = (
    quantities._read,
    measurements.measurements,
    registry.datasets,
    job_registry.kinds,
    stored_spec.seal,
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab with all four, in which a race on the data set was run, and its net was measured."""
    folder = tmp_path_factory.mktemp("plugins")
    with pytest.MonkeyPatch.context() as patch:
        lines = []
        for package, files in PLUGINS.items():
            own = folder / package.__name__
            own.mkdir()
            for name, text in files.items():
                (own / f"{name}.py").write_text(text)
            patch.setattr(package, "__path__", [*package.__path__, str(own)])
            lines += [f"import {package.__name__} as one", f"one.__path__.append({str(own)!r})"]
        (folder / "sitecustomize.py").write_text("\n".join(lines))
        patch.setenv("PYTHONPATH", os.pathsep.join([str(folder), str(ROOT)]))
        patch.setenv("RESNET_VIZ_HOME", str(folder / "home"))
        patch.setattr("streamlit.runtime.context.ContextProxy.cookies", {})
        for cache in CACHES:
            cache.cache_clear()
        one = Lab(folder / "home")
        yield one
        end(one)
    for package, files in PLUGINS.items():
        for name in files:
            sys.modules.pop(f"{package.__name__}.{name}", None)
    for cache in CACHES:
        cache.cache_clear()


@pytest.fixture(scope="module")
def race_id(lab: Lab) -> str:
    race_id = lab.race([tiny_spec(name="striped", dataset="stripes", steps=3)])
    wait_until(lambda: lab.race_runs(race_id)[0].is_over)
    (run,) = lab.race_runs(race_id)
    assert (run.status, run.message) == ("finished", "")
    for name in ("sizes", "judged"):
        done(lab, "measure", run_id=run.id, step=0, measurement=name)
    return race_id


def done(lab: Lab, kind: str, **request: object) -> object:
    job_id = lab.submit(kind, request)
    wait_until(lambda: lab.job(job_id).is_over)
    job = lab.job(job_id)
    assert (job.status, job.message) == ("done", "")
    return job.result


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(arguments) == 0
    return capsys.readouterr().out


def page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=90).run()
    for key, value in query.items():
        app.query_params[key] = value
    app = app.switch_page("pages/race.py").run()
    assert not app.exception
    return app


def test_a_quantity_is_recorded_exported_listed_and_offered(
    lab: Lab, race_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run,) = lab.race_runs(race_id)
    records = lab.records(run.id)
    assert [record.values["largest_weight"].shape for record in records] == [(6,)] * 3
    assert "largest weight" in printed(capsys, "quantities")
    printed(capsys, "runs", "export", race_id, "-o", str(tmp_path / "table.csv"))
    first = records[0].values["largest_weight"].astype(str)[0]
    assert f"striped,0,largest_weight,stem.conv,{first}" in (tmp_path / "table.csv").read_text()
    (box,) = [one for one in page(race=race_id).selectbox if one.label == "Charts below show"]
    assert "largest weight" in " ".join(box.options)


def test_a_data_set_is_trained_on_listed_and_offered(
    lab: Lab, race_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (run,) = lab.race_runs(race_id)
    assert (run.spec.adapted.in_channels, run.spec.adapted.num_classes) == (1, 2)
    assert lab.datasets() == {run.id: "stripes"}
    listed = json.loads(printed(capsys, "data", "--json"))
    assert [one["title"] for one in listed if one["name"] == "stripes"] == [
        "Stripes across or along"
    ]
    (box,) = [one for one in page().selectbox if one.label == "Data"]
    assert "stripes" in box.options


def test_a_measurement_is_listed_measured_said_and_drawn(
    lab: Lab, race_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run,) = lab.race_runs(race_id)
    largest = {one.measurement: float(one.found["largest"]) for one in lab.measured(run.id)}
    assert largest["sizes"] == largest["judged"] > 0
    listed = json.loads(printed(capsys, "measurements", "--json"))
    assert [one["name"] for one in listed][:2] == ["judged", "sizes"]
    told = json.loads(printed(capsys, "measure", run.id, "sizes", "--step", "0", "--json"))
    assert len(told["found"]["by_layer"]["values"]) == len(run.layer_names)

    by_default = f"The largest weight of all: {largest['sizes']:.3f} units."
    judged = f"Its largest weight is {largest['judged']:.3f}."
    diagnosis = page(race=race_id, open="diagnosis")
    text = "\n".join(element.value for element in diagnosis.markdown)
    assert plain(by_default) in text
    assert plain(judged) in text
    charts = [*diagnosis.get("bidi_component"), *diagnosis.get("plotly_chart")]
    ids = " ".join(chart.proto.id for chart in charts)
    assert "measured-sizes-" in ids
    assert "measured-judged-" in ids

    printed(capsys, "runs", "report", race_id, "-o", str(tmp_path / "report.html"))
    report = (tmp_path / "report.html").read_text()
    for words in ("Sizes of the weights as step 0 begins", by_default, judged):
        assert words in report
    assert report.count('id="measured-') == 2


def test_a_measurement_s_result_travels_with_its_race(
    lab: Lab, race_id: str, tmp_path: Path
) -> None:
    lab.export(race_id, tmp_path / "race")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("resnet_viz.scheduler.launcher_client.ensure_launcher", lambda store: None)
        other = Lab(tmp_path / "other")
        (run,) = other.race_runs(other.import_(tmp_path / "race"))
    (original,) = lab.race_runs(race_id)
    for one, sent in zip(other.measured(run.id), lab.measured(original.id), strict=True):
        assert (one.step, one.measurement) == (sent.step, sent.measurement)
        np.testing.assert_array_equal(one.found["by_layer"], sent.found["by_layer"])


def test_a_kind_of_job_is_done_by_a_worker(lab: Lab) -> None:
    assert done(lab, "sum", numbers=[1, 2, 39]) == {"sum": 42}
    with pytest.raises(ValueError, match="did you mean 'sum'"):
        lab.submit("sun", {"numbers": [1]})


LOAD_ALL = """
import sys
from importlib import import_module
from pkgutil import iter_modules

for folder in sys.argv[1:]:
    for one in iter_modules(import_module(folder).__path__):
        import_module(f"{folder}.{one.name}")
        if "torch" in sys.modules:
            sys.exit(f"{folder}.{one.name} loads torch")
        print(folder)
"""


def test_descriptions_are_read_without_torch() -> None:
    """A page or command that lists what there is would else wait seconds for it."""
    folders = [package.__name__ for package in PLUGINS]
    command = [sys.executable, "-c", LOAD_ALL, *folders]
    read = subprocess.run(command, capture_output=True, text=True, check=False)
    assert read.stderr == ""
    assert set(read.stdout.split()) == set(folders)
