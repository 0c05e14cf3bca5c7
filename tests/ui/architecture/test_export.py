"""The Export tab: its files are the library's, and ONNX comes from a process of its own."""

from __future__ import annotations

import subprocess
import sys

import onnxruntime
import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import preset
from resnet_viz.ui.widgets.downloads import file_name
from resnet_viz.ui.widgets.job_progress import Asked
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.views.source.source import to_source
from tests.ui.jobs import settled

SMALL = revise(preset("resnet20-cifar"), depths=(1, 1, 1), image_size=16)


def page() -> None:
    from resnet_viz.arch.config import revise
    from resnet_viz.arch.presets import preset
    from resnet_viz.ui.pages.architecture.export_panel import export_panel

    export_panel(revise(preset("resnet20-cifar"), depths=(1, 1, 1), image_size=16))


def test_shows_the_source_and_a_download_each() -> None:
    app = AppTest.from_function(page).run()
    assert not app.exception
    assert app.code[0].value == to_source(SMALL).rstrip()
    assert app.code[0].language == "python"
    titles = [element.proto.label for element in app.get("download_button")]
    assert titles == [
        "PyTorch source",
        "Config, JSON",
        "Table, Markdown",
        "Table, LaTeX",
        "Table, CSV",
    ]


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_onnx_is_made_on_request_and_its_file_runs() -> None:
    app = AppTest.from_function(page, default_timeout=60).run()
    app.button[0].click().run()
    settled(app)
    assert app.get("download_button")[-1].proto.label == "ONNX"
    data = app.session_state["job_of_onnx"].done
    (shown,) = onnxruntime.InferenceSession(data).get_outputs()
    assert (shown.name, shown.shape[1]) == ("logits", 10)


def test_why_there_is_no_onnx_is_shown() -> None:
    app = AppTest.from_function(page)
    app.session_state["job_of_onnx"] = Asked(SMALL, is_over=True, problem="It needs onnx: <pip>")
    app.run()
    assert [error.value for error in app.error] == [plain("It needs onnx: <pip>")]


def test_file_names_have_no_spaces() -> None:
    assert file_name(preset("resnet18"), ".py") == "resnet18.py"
    assert file_name(SMALL, ".onnx") == "ResNet-8-blocks-per-stage-1-1-1-image-size-16.onnx"


def test_the_panel_needs_no_torch() -> None:
    script = (
        "import sys, resnet_viz.ui.pages.architecture.export_panel;"
        + "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
