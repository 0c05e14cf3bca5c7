"""The chosen net in the address."""

from __future__ import annotations

import pytest
from hypothesis import given

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.ui.session.net_url import (
    DEFAULT_NET,
    closest_net,
    from_query,
    from_text,
    to_query,
    to_text,
)
from tests.configs import configs


@given(configs())
def test_any_config_comes_back_from_its_link(config: ResNetConfig) -> None:
    assert from_query(to_query(config)) == config
    assert from_text(to_text(config)) == config


def test_a_net_as_one_value() -> None:
    config = revise(preset("resnet50"), norm="none", depths=(1, 1, 1, 2))
    text = "resnet50,norm=none,depths=1-1-1-2"
    assert set(to_text(config).split(",")) == set(text.split(","))
    assert from_text(text) == config
    assert to_text(preset("wrn16-4")) == "wrn16-4"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "unknown preset ''"),
        ("resnet50,", "'' is not of the form field=value"),
        ("resnet50,norm", "'norm' is not of the form field=value"),
        ("resnet50,nrom=none", "unknown field 'nrom'; did you mean 'norm'"),
        ("resnet50,net=resnet18", "unknown field 'net'"),
        ("resnet50,depths=1-2", "widths"),
        ("resnet50,norm=none,,", "is not of the form"),
        ("%00" * 10_000, "unknown preset"),
    ],
)
def test_garbage_as_one_value_is_one_line(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        from_text(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_of_an_unknown_net_near_names_are_said_and_never_all() -> None:
    """A link of thirteen bad nets was answered with 8,000 letters."""
    with pytest.raises(ValueError, match=r"did you mean .resnet50"):
        from_text("resnet5O")
    with pytest.raises(ValueError, match="unknown preset") as far:
        from_text("§§§")
    assert str(far.value) == "unknown preset '§§§'"


@pytest.mark.parametrize("name", PRESETS)
def test_presets_have_short_links(name: str) -> None:
    query = to_query(preset(name))
    assert list(query) == ["net"]
    assert from_query(query) == preset(name)


def test_a_changed_preset_names_what_differs() -> None:
    config = revise(preset("resnet50"), norm="none", depths=(1, 1, 1, 2))
    query = to_query(config)
    assert query == {"net": "resnet50", "norm": "none", "depths": "1-1-1-2"}


def test_other_parameters_are_passed_over() -> None:
    assert from_query({"net": "resnet18", "race": "abc"}) == preset("resnet18")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"net": "resnet5"}, "unknown preset 'resnet5'"),
        ({"depths": "3-x"}, "depths"),
        ({"depths": ""}, "depths"),
        ({"norm": "[]"}, "norm"),
        ({"image_size": "1e400"}, "image_size"),
        ({"image_size": "NaN"}, "image_size"),
        ({"num_classes": "9" * 5000}, "num_classes"),
        ({"block": "[" * 100_000}, "block"),
    ],
)
def test_garbage_in_the_address_is_one_line(query: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        from_query(query)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("query", "kept", "said"),
    [
        ("net=resnet50&norm=none", {"norm": "none"}, ""),
        ("net=resnet50&norm=none&widths=8", {"norm": "none"}, "Ignored widths in this link: "),
        ("net=resnet50&norm=none&depths=9", {"norm": "none"}, "Ignored depths in this link: "),
        (
            "net=resnet50&norm=none&depths=1-1-1-1-1-1-1-1-1",
            {"norm": "none"},
            "Ignored depths in this link: depths = ",
        ),
        ("net=resnet50&stem=x&norm=none&block=y", {"norm": "none"}, "Ignored block and stem in"),
        ("net=resnet50&depths=1-1&widths=8-8", {"depths": (1, 1), "widths": (8, 8)}, ""),
    ],
)
def test_one_bad_field_of_a_link_keeps_the_rest(
    query: str, kept: dict[str, object], said: str
) -> None:
    net, sentence = closest_net(dict(part.split("=") for part in query.split("&")))
    assert net == revise(preset("resnet50"), **kept)
    assert sentence.startswith(said)
    assert bool(sentence) == bool(said)


def test_of_an_unknown_net_the_fields_are_kept() -> None:
    net, sentence = closest_net({"net": "resnet5000", "norm": "none", "num_classes": "0"})
    assert net == revise(preset(DEFAULT_NET), norm="none")
    assert sentence.startswith("Ignored net and num_classes in this link: unknown preset")
    assert sentence.count("num_classes = 0") == 1
