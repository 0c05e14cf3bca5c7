"""Words about runs, without Streamlit."""

from __future__ import annotations

import pytest

from resnet_viz.store.run import Run
from resnet_viz.store.stored_spec import Texts
from resnet_viz.ui.pages.race import words
from resnet_viz.ui.widgets.markdown import plain
from tests.labs import tiny_spec


def run(status: str = "running", message: str = "", steps: int = 20) -> Run:
    return Run(
        id="a",
        race_id="r",
        name="net",
        contestant=0,
        seed=0,
        steps=steps,
        bytes=0,
        status=status,
        message=message,
        created=0.0,
        started=0.0,
        ended=None,
        steps_done=0,
        device="cpu",
        params=1,
        threads=1,
        host="",
        pace=None,
        texts={"a": Texts(tiny_spec(steps=steps).model_dump_json(), "")},
    )


def test_markdown_is_escaped() -> None:
    assert plain("a_b*[c](d) $x$ :red[e]") == r"a\_b\*\[c\]\(d\) \$x\$ \:red\[e\]"


def test_training_says_each_way_once() -> None:
    specs = tiny_spec(lr=0.01), tiny_spec(lr=0.1, precision="bfloat16")
    slow, fast = (run()._replace(texts={"a": Texts(spec.model_dump_json(), "")}) for spec in specs)
    assert "learning rate 0.01 or learning rate 0.1" in words.training([slow, fast])
    assert "bfloat16" in words.training([fast])
    assert words.training([slow, slow]) == words.training([slow])
    spec = tiny_spec(
        subset=500,
        augment="crop_flip",
        nesterov=True,
        schedule="step",
        label_smoothing=0.1,
        clip_grad_norm=2.0,
        compile=True,
    )
    recipe = run()._replace(texts={"a": Texts(spec.model_dump_json(), "")})
    for said in (
        "500 of its images",
        "cropped and mirrored at random",
        "Nesterov momentum 0.9",
        "step schedule (x0.1)",
        "label smoothing 0.1",
        "gradient clipping 2",
        "compilation",
    ):
        assert f", {said}," in words.training([recipe])
        assert said not in words.training([slow])
    pets = tiny_spec().model_copy(update={"dataset": "folder:/home/me/pets", "classes": 3})
    folder = run()._replace(texts={"a": Texts(pets.model_dump_json(), "")})
    assert words.training([folder]).startswith("pets, 32x32 pixels"), "where it is, is no one's"


def test_title() -> None:
    runs = [run()._replace(name=name) for name in "abc"]
    assert words.title(runs) == "a, b against c"
    assert words.title(runs[:1]) == "a"


@pytest.mark.parametrize(
    ("nets", "places", "said"),
    [
        (1, 2, "its net"),
        (2, 2, "both nets"),
        (4, 8, "all 4 nets at once"),
        (4, 2, "the 2 largest of its 4 nets, with 2 at a time,"),
        (2, 1, "the largest of its 2 nets, with 1 at a time,"),
    ],
)
def test_nets_that_take_memory_at_one_time(nets: int, places: int, said: str) -> None:
    assert words.at_once(nets, places) == said
