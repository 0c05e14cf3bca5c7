"""The bars of the Memory tab."""

from __future__ import annotations

from resnet_viz.arch.memory import training_memory
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.figures.memory_chart import memory_bars

MEMORY = training_memory(plan(preset("resnet50")), 64, "sgd", "float32", momentum=0.9)


def test_the_parts_add_up_to_the_total_and_pytorch_itself() -> None:
    figure = memory_bars({"as it is": MEMORY}, 800_000_000)
    assert sum(bar.x[0] for bar in figure.data) == MEMORY.total + 800_000_000
    assert figure.data[-1].name == "PyTorch itself"
    assert figure.data[-1].text == ("800 MB",)
    assert "PyTorch itself" not in [bar.name for bar in memory_bars({"as it is": MEMORY}).data]


def test_the_axis_has_bytes_with_prefixes_and_covers_the_bar() -> None:
    axis = memory_bars({"as it is": MEMORY}).layout.xaxis
    assert axis.ticktext[1].endswith("GB")
    assert axis.tickvals[-1] >= MEMORY.total
