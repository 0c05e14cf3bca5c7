# ruff: noqa: RUF001
from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.views.table import StageRow, table1, to_csv, to_latex, to_markdown
from tests.configs import configs

# He 2015, Table 1, the columns of 18, 50 and 152 layers: output size, block, repeats.
HE_2015 = {
    "resnet18": (
        ("56×56", "[3×3, 64; 3×3, 64]", 2),
        ("28×28", "[3×3, 128; 3×3, 128]", 2),
        ("14×14", "[3×3, 256; 3×3, 256]", 2),
        ("7×7", "[3×3, 512; 3×3, 512]", 2),
    ),
    "resnet50": (
        ("56×56", "[1×1, 64; 3×3, 64; 1×1, 256]", 3),
        ("28×28", "[1×1, 128; 3×3, 128; 1×1, 512]", 4),
        ("14×14", "[1×1, 256; 3×3, 256; 1×1, 1024]", 6),
        ("7×7", "[1×1, 512; 3×3, 512; 1×1, 2048]", 3),
    ),
    # Xie 2016, Table 1.
    "resnext50_32x4d": (
        ("56×56", "[1×1, 128; 3×3, 128, C=32; 1×1, 256]", 3),
        ("28×28", "[1×1, 256; 3×3, 256, C=32; 1×1, 512]", 4),
        ("14×14", "[1×1, 512; 3×3, 512, C=32; 1×1, 1024]", 6),
        ("7×7", "[1×1, 1024; 3×3, 1024, C=32; 1×1, 2048]", 3),
    ),
}


@pytest.mark.parametrize("name", HE_2015)
def test_the_papers_table(name: str) -> None:
    stem, *stages, head = table1(plan(preset(name)))
    assert [(row.output, row.formula, row.repeats) for row in stages] == list(HE_2015[name])
    assert [row.stage for row in stages] == ["stage 1", "stage 2", "stage 3", "stage 4"]
    assert (stem.stage, stem.output) == ("stem", "56×56")
    assert stem.formula == "7×7, 64, stride 2; 3×3 max pool, stride 2"
    assert (head.stage, head.output) == ("head", "1×1")
    assert head.formula == "global average pool; 1000-d linear"


@given(config=configs())
def test_sums_are_the_totals(config: ResNetConfig) -> None:
    net = plan(config)
    assert sum(row.macs for row in table1(net)) == net.macs
    assert sum(row.params for row in table1(net)) == net.params


def test_markdown() -> None:
    text = to_markdown((StageRow("stem", "2×2", "a|b", 1, 1234, 5, 7),))
    assert text.splitlines() == [
        "| stage | output | formula | repeats | params | macs | receptive field |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| stem | 2×2 | a\\|b | 1 | 1,234 | 5 | 7 |",
    ]


def test_receptive_fields_of_resnet50() -> None:
    """Stem: 7x7/2 and 3x3/2, 11 pixels; known in all: 427 with the stride on the 3x3."""
    fields = [row.receptive_field for row in table1(plan(preset("resnet50")))]
    assert fields == [11, 35, 91, 267, 427, 427]


@pytest.mark.parametrize("name", ["resnet18", "resnext50_32x4d", "wrn16-4"])
def test_csv_reads_back(name: str) -> None:
    rows = table1(plan(preset(name)))
    read = list(csv.DictReader(io.StringIO(to_csv(rows))))
    assert [int(row["params"]) for row in read] == [row.params for row in rows]
    assert list(read[0]) == list(rows[0]._fields)


def test_latex_of_a_stage_is_the_paper_s() -> None:
    (line,) = [x for x in to_latex(table1(plan(preset("resnet50")))).splitlines() if "stage 3" in x]
    line = re.sub(r"\\text\{(.*?)\}", r"\1", line)
    assert line.strip() == (
        r"stage 3 & 14$\times$14 & $\begin{bmatrix} 1$\times$1, 256 \\ 3$\times$3, 256 \\ "
        r"1$\times$1, 1024 \end{bmatrix} \times 6$ & 7,098,368 & 1,464,336,384 \\"
    )


@given(config=configs())
def test_latex_is_balanced(config: ResNetConfig) -> None:
    text = to_latex(table1(plan(config)))
    assert text.isascii()
    assert text.count("{") == text.count("}")
    assert text.count("$") % 2 == 0
    begun, ended = (re.findall(rf"\\{word}{{(\w+)}}", text) for word in ("begin", "end"))
    assert sorted(begun) == sorted(ended)
    bmatrix = re.compile(r"\\begin{bmatrix}.*?\\end{bmatrix}")
    rows = [bmatrix.sub("", line) for line in text.splitlines() if line.endswith(r"\\")]
    assert len(rows) == len(config.depths) + 3  # titles, stem and head
    assert {row.count("&") for row in rows} == {4}
