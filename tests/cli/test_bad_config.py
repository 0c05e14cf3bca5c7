"""Files that hold no configuration: one line on standard error, exit status 2, and no more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resnet_viz.__main__ import main
from tests.conftest import is_refused

COUNTS: tuple[str, ...] = (
    "expansion",
    "cardinality",
    "group_width",
    "stem_width",
    "se_reduction",
    "se_divisor",
    "reduce_first",
    "norm_groups",
    "norm_group_width",
    "in_channels",
)
COUNTS += ("num_classes",)
CHOICES: tuple[str, ...] = (
    "block",
    "stem",
    "stem_pool",
    "antialias",
    "projection_kernel",
    "shortcut",
    "shortcut_transform",
    "activation_order",
    "stride_on",
)
CHOICES += ("downsample_at", "norm", "activation", "attention", "residual_scale", "init")
SWITCHES: tuple[str, ...] = ("final_activation", "final_preactivation", "projection_norm")
SWITCHES += ("conv_bias", "zero_init_residual")
FRACTIONS = ("dropout", "stochastic_depth")

NOT_COUNTS = ("-1", "0", "1.5", '"3"', "true", "[3]", "{}", "9" * 30, "NaN", "1e999")
NOT_SIZES = ("-1", "0", "1.5", '"3 x"', '"x3"', "true", "[32]", "[32, 0]", "[32, 16385]")
NOT_SIZES += (
    "[32, 1.5]",
    '["32", 32]',
    "[32, true]",
    "[32, 32, 32]",
    "{}",
    "null",
    "9" * 30,
    "NaN",
    "1e999",
)
NOT_CHOICES = ('"Basic "', '""', "1", "false", "null", '["basic"]', "-Infinity")
NOT_SWITCHES = ('"true"', "1", "0", "null", "[]")
NOT_FRACTIONS = ("-0.1", "1.0", '"0.1"', "NaN", "1e999", "null", "true")
NOT_STAGES: tuple[str, ...] = (
    "[]",
    "3",
    '"3"',
    "[0]",
    "[-1]",
    "[1.5]",
    '["3"]',
    "[true]",
    "[[3]]",
    "null",
    "{}",
)
NOT_STAGES += ("[1,1,1,1,1,1,1,1,1]", "[99999999999999999999]", "[NaN]", "[3,4]")

FIELDS = tuple(
    f'{{"{field}": {value}}}'
    for fields, values in (
        (COUNTS, NOT_COUNTS),
        (("image_size",), NOT_SIZES),
        (CHOICES, NOT_CHOICES),
        (SWITCHES, NOT_SWITCHES),
        (FRACTIONS, NOT_FRACTIONS),
        (("depths", "widths"), NOT_STAGES),
    )
    for field in fields
    for value in values
)
COMBINATIONS = (
    '{"cardinality": 32}',
    '{"group_width": 4}',
    '{"image_size": 2}',
    '{"image_size": [128, 2]}',
    '{"widths": [64, 32, 16, 8], "shortcut": "zero_pad"}',
    '{"zero_init_residual": true, "shortcut": "none"}',
    '{"zero_init_residual": true, "norm": "none"}',
    '{"block": "bottleneck", "widths": [1, 1, 1, 1], "group_width": 1}',
    '{"depths": [10000, 10000, 10000], "widths": [1, 1, 1]}',
)
DOCUMENTS = (
    "",
    "   \n",
    "[]",
    "3",
    "null",
    '"resnet18"',
    "NaN",
    "{",
    '{"depths": [3, 4',
    '{"depths": [3, 4, 6, 3],}',
    "{'block': 'basic'}",
    '{"block": "basic"} {"block": "basic"}',
    '{"block": "basic", "block": "bottleneck"}',
    '{"unknown": 1}',
    '{"detphs": [3]}',
    '{"": 1}',
    '{"line\\nbreak": 1}',
    '{"\\u0000": 1}',
    '{"\\ud800": 1}',
    '{"\\u202e": 1}',
    '{"block": "' + "x" * 5000 + '"}',
    '{"' + "y" * 5000 + '": 1}',
    "[" * 100_000,
    '{"depths": ' + "[" * 50_000 + "]" * 50_000 + "}",
    '{"num_classes": ' + "9" * 5000 + "}",
    '{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}',
    "block = 'basic'",
    "\x00\x00\x00",
)
ENCODED = (
    '{"block": "basic"}'.encode("utf-16"),
    '{"block": "basic"}'.encode("utf-16-le"),
    '{"block": "basic"}'.encode("utf-32"),
    '{"bl\xf6ck": "basic"}'.encode("latin-1"),
    b'{"block": "basic\xff"}',
    b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    b'{"block": "basic"}\x00',
    b" " * 2_000_000,
    b"\xef\xbb\xbf",
)


@pytest.mark.parametrize(
    "document", [*FIELDS, *COMBINATIONS, *DOCUMENTS], ids=lambda text: text[:40]
)
def test_a_malformed_config_is_one_line(
    document: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.json"
    path.write_text(document, encoding="utf-8")
    assert "net.json" in is_refused(("describe", str(path)), capsys)


@pytest.mark.parametrize("data", ENCODED, ids=lambda data: repr(data[:12]))
def test_a_file_that_is_not_utf8_json_is_one_line(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.json"
    path.write_bytes(data)
    assert "net.json" in is_refused(("describe", str(path), "--json"), capsys)


def test_a_valid_file_is_read_with_and_without_a_byte_order_mark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net"  # any name will do, also one without an ending
    for encoding in ("utf-8", "utf-8-sig"):
        path.write_text('{"depths": [2, 2, 2, 2]}', encoding=encoding)
        assert main(("describe", str(path), "--json")) == 0
        assert json.loads(capsys.readouterr().out)["name"] == "resnet18"


def test_an_unreadable_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "loop.json"
    path.symlink_to(path)
    assert "cannot read" in is_refused(("describe", str(path)), capsys)
