"""Images whose height and width differ: a size's forms, the rules on it, and texts that name it."""

from __future__ import annotations

import json

import pytest

from resnet_viz.arch.config import ResNetConfig, explain, plain_twin, revise
from resnet_viz.arch.field_words import short_value, value_words
from resnet_viz.arch.fields import full_size, one_form, short_size
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import label, preset
from resnet_viz.arch.receptive import receptive_fields
from resnet_viz.ui.session.net_url import from_text, to_query, to_text
from resnet_viz.views.graph.graph import shortcut_graph
from resnet_viz.views.poster.poster import poster
from resnet_viz.views.table import table1


@pytest.mark.parametrize(
    ("given", "size"),
    [
        (224, 224),
        ((224, 224), 224),
        ([128, 64], (128, 64)),
        ((64, 128), (64, 128)),
        ("128x64", (128, 64)),
        ("128X64", (128, 64)),
        (" 128 \N{MULTIPLICATION SIGN} 64 ", (128, 64)),
        ("64x64", 64),
        ("64", 64),
    ],
)
def test_a_size_has_one_form(given: object, size: int | tuple[int, int]) -> None:
    config = revise(preset("resnet18"), image_size=given)
    assert config.image_size == one_form(given) == size
    assert type(config.image_size) is type(size)
    assert config == revise(preset("resnet18"), image_size=size)
    assert hash(config) == hash(revise(preset("resnet18"), image_size=size))
    text = config.model_dump_json()
    assert json.loads(text)["image_size"] == (size if isinstance(size, int) else list(size))
    assert ResNetConfig.model_validate_json(text) == config
    assert from_text(to_text(config)) == config


def test_square_sizes_stay_as_they_were() -> None:
    small = revise(preset("resnet18"), image_size=64)
    assert json.loads(small.model_dump_json())["image_size"] == 64
    assert label(small) == "resnet18, image_size 64"
    assert to_query(small) == {"net": "resnet18", "image_size": "64"}
    assert (short_size(64), full_size(64)) == ("64", "64x64")


def test_a_pair_is_named_in_texts() -> None:
    wide = revise(preset("resnet18"), image_size=(64, 128))
    assert label(wide) == "resnet18, image_size 64x128"
    assert to_query(wide) == {"net": "resnet18", "image_size": "64x128"}
    assert value_words("image_size", wide.image_size) == "image size 64x128"
    assert short_value("image_size", wide.image_size) == short_size((64, 128)) == "64x128"
    assert plain_twin(wide).image_size == (64, 128)
    assert [row.output for row in table1(plan(wide))] == [
        *("16×32", "16×32", "8×16", "4×8", "2×4", "1×1")  # noqa: RUF001
    ]
    assert shortcut_graph(wide).nodes[0].label == "input\n3 × 64×128"  # noqa: RUF001
    assert "size: 32×64" in poster(wide).to_svg()  # noqa: RUF001


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((128, 16), ["image_size = 128x16", "smallest that fits", "is 17"]),
        ((16, 128), ["image_size = 16x128", "smallest that fits", "is 17"]),
        ((128, 0), ["image_size = (128, 0)", "1 to 16384", "such as 128x64"]),
        ((128, 64, 3), ["image_size = (128, 64, 3)", "such as 128x64"]),
        ((128, 64.0), ["image_size = (128, 64.0)", "such as 128x64"]),
        ((True, 64), ["image_size = (True, 64)", "such as 128x64"]),
        ("128x", ["image_size = '128x'", "such as 128x64"]),
        ("wide", ["image_size = 'wide'", "such as 128x64"]),
        (20_000, ["image_size = 20000", "1 to 16384"]),
        (None, ["image_size = None", "such as 128x64"]),
    ],
)
def test_other_sizes_are_refused_in_a_sentence(size: object, words: list[str]) -> None:
    with pytest.raises(ValueError, match="image_size") as caught:
        ResNetConfig(image_size=size)  # type: ignore[arg-type]
    sentence = explain(caught.value)
    assert all(word in sentence for word in words), sentence
    assert sentence.count("image_size") == 1
    assert "\n" not in sentence


@pytest.mark.parametrize("name", ["resnet50", "resnet20-cifar", "resnet50d", "dnddnjs32-cifar"])
def test_the_smallest_size_holds_for_height_and_for_width(name: str) -> None:
    least = preset(name).smallest_image_size
    for size in ((least, 4 * least), (4 * least, least)):
        revise(preset(name), image_size=size)
    for size in ((least - 1, 4 * least), (4 * least, least - 1)):
        with pytest.raises(ValueError, match=f"smallest that fits its stem and stages is {least}"):
            revise(preset(name), image_size=size)


def test_height_and_width_change_shapes_and_nothing_else() -> None:
    square, wide = (revise(preset("resnet50"), image_size=size) for size in (256, (128, 512)))
    assert plan(wide).params == plan(square).params
    assert receptive_fields(plan(wide)) == receptive_fields(plan(square))
    # As many pixels, and all are halved without a rest: the same work and memory.
    assert plan(wide).macs == plan(square).macs
    assert plan(wide).activation_bytes(4) == plan(square).activation_bytes(4)
    for one, other in zip(plan(square).blocks, plan(wide).blocks, strict=True):
        channels, height, width = one.out_shape
        assert other.out_shape == (channels, height // 2, 2 * width)
