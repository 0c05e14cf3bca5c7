from __future__ import annotations

import subprocess
import sys

import pytest

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.views.summary import summarize


@pytest.mark.parametrize("name", ["resnet18", "resnext50_32x4d", "preact18", "plain20-cifar"])
def test_parameters_equal_the_plans(name: str) -> None:
    config = preset(name)
    statistics = summarize(config)
    assert statistics.total_params == plan(config).params
    assert statistics.trainable_params == plan(config).params


def test_depth_is_how_deep_the_table_goes() -> None:
    shallow, deep = (str(summarize(preset("resnet18"), depth)) for depth in (1, 5))
    assert "Conv2d" not in shallow
    assert deep.count("Conv2d") == 20
    with pytest.raises(ValueError, match="depth = 0"):
        summarize(preset("resnet18"), depth=0)


def test_a_huge_net_takes_no_memory() -> None:
    """Weights alone would take 230 MB (resnet152): the process grows by far less."""
    code = (
        "import resource as r\n"
        "from resnet_viz import preset, summarize\n"
        "peak = lambda: r.getrusage(r.RUSAGE_SELF).ru_maxrss\n"
        "summarize(preset('resnet18'))\n"
        "before = peak(); summarize(preset('resnet152')); print(peak() - before)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    kibibyte = 1 if sys.platform == "darwin" else 1024
    assert int(out.stdout) * kibibyte < 60e6
