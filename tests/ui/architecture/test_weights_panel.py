"""The Weights tab's work: files held against nets in a process of their own."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
import torch
import torchvision
from streamlit.testing.v1 import AppTest

from resnet_viz.arch.presets import PRESETS
from resnet_viz.ui.pages.architecture.weights_panel import PUBLISHED
from tests.ui.architecture.test_page import ROOT
from tests.ui.jobs import settled


def _panel() -> None:
    from resnet_viz.arch.presets import preset
    from resnet_viz.ui.pages.architecture.weights_panel import weights_panel

    weights_panel(preset("resnet18"))


def _checked(data: bytes, name: str) -> AppTest:
    app = AppTest.from_function(_panel, default_timeout=60).run()
    app.file_uploader[0].upload(name, data).run()
    app.button[0].click().run()
    return settled(app)


def _saved(state: dict[str, torch.Tensor]) -> bytes:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def test_the_published_ones_are_torchvisions() -> None:
    theirs = [
        name for name in torchvision.models.list_models(torchvision.models) if "resne" in name
    ]
    assert set(PUBLISHED) == set(theirs)
    assert set(PUBLISHED) <= set(PRESETS)


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
def test_a_file_of_torchvisions_fits_its_net_and_no_other() -> None:
    resnet18 = torchvision.models.resnet18(weights=None).state_dict()
    assert "every key fits" in _checked(_saved(resnet18), "fits.pth").success[0].value
    resnet34 = torchvision.models.resnet34(weights=None).state_dict()
    app = _checked(_saved(resnet34), "deeper.pth")
    assert "deeper.pth does not fit as it is" in app.warning[0].value
    assert "**0 missing**" in [markdown.value for markdown in app.markdown]
    unexpected = app.code[1].value.splitlines()
    assert set(unexpected) == resnet34.keys() - resnet18.keys()
    assert "**ResNet-34** (21,797,672 parameters)" in " ".join(m.value for m in app.markdown)
    next(button for button in app.button if button.label == "Open as this net").click().run()
    assert not app.exception
    assert app.session_state["net_on_show"].config == PRESETS["resnet34"]


@pytest.mark.flaky(reruns=1, reason="processes: a launcher and its jobs")
@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
def test_garbage_is_one_sentence(ending: str) -> None:
    [error] = _checked(b"no weights" * 50, f"garbage{ending}").error
    assert "\n" not in error.value
    assert "Traceback" not in error.value


def test_the_tab_asks_for_a_file_and_imports_no_torch() -> None:
    script = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(ROOT / 'app.py')!r}, default_timeout=60)\n"
        "app.switch_page('pages/architecture.py')\n"
        "app.session_state['tab'] = 'Weights'\n"
        "app.run()\n"
        "assert not app.exception\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=120)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page("pages/architecture.py")
    app.session_state["tab"] = "Weights"
    app.run()
    assert [b.disabled for b in app.button if b.label == "Check the file"] == [True]
    assert any("Nothing checked yet" in info.value for info in app.info)
