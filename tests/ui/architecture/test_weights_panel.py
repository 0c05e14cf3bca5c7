"""The Weights tab's work: files held against nets in a process of their own."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
import torch
import torchvision
from streamlit.testing.v1 import AppTest

from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.nets.network import build_resnet
from resnet_viz.ui.architecture.weights_panel import PUBLISHED, check
from tests.ui.architecture.test_page import ROOT


def _nothing() -> None:
    """In place of the page's progress line."""


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


def test_a_file_of_torchvisions_fits_its_net_and_no_other() -> None:
    data = _saved(torchvision.models.resnet18(weights=None).state_dict())
    assert check(preset("resnet18"), data, ".pth", _nothing)["fits"]
    report = check(preset("resnet34"), data, ".pth", _nothing)
    assert not report["fits"]
    ours = torchvision.models.resnet18(weights=None).state_dict().keys()
    theirs = torchvision.models.resnet34(weights=None).state_dict().keys()
    assert set(report["missing"]) == theirs - ours
    assert report["unexpected"] == []


def test_a_file_of_ours_fits() -> None:
    data = _saved(build_resnet(preset("resnet20-cifar"), seed=1).state_dict())
    assert check(preset("resnet20-cifar"), data, ".pt", _nothing)["fits"]


@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
def test_garbage_is_one_sentence(ending: str) -> None:
    with pytest.raises(RuntimeError) as caught:
        check(preset("resnet18"), b"no weights" * 50, ending, _nothing)
    assert "\n" not in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_the_tab_asks_for_a_file_and_imports_no_torch() -> None:
    script = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(ROOT / 'app.py')!r}, default_timeout=60)\n"
        "app.session_state['tab'] = 'Weights'\n"
        "app.run()\n"
        "assert not app.exception\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=120)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.session_state["tab"] = "Weights"
    app.run()
    assert [b.disabled for b in app.button if b.label == "Check the file"] == [True]
    assert any("Nothing checked yet" in info.value for info in app.info)
