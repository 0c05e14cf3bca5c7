"""Files of posters: each format is opened by what others read it with."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from resnet_viz.arch.config import plain_twin, revise
from resnet_viz.arch.presets import preset
from resnet_viz.views.poster.formula import Span, spans
from resnet_viz.views.poster.poster import Poster, block_poster, poster
from resnet_viz.views.poster.tikz import words

RESNET34 = poster(plain_twin(preset("resnet34")), preset("resnet34"))
FIGURES = {
    "poster": RESNET34,
    "deep": poster(preset("resnet152")),
    "letters": poster(preset("resnet18"), names=["Größe, déjà vu"]),
    "one layer": block_poster(preset("preact110-1layer-cifar"), "stages.1.0"),
    "block": block_poster(preset("resnet50"), "stages.1.0"),
    "pre-activation": block_poster(preset("preact18")),
    "orders": block_poster(preset("resnet110-cifar"), vary="activation_order"),
    "transforms": block_poster(preset("resnet110-cifar"), vary="shortcut_transform"),
    "blocks": block_poster(preset("resnet34"), vary="block"),
    "skipinit": block_poster(revise(preset("resnet18"), residual_scale="skipinit"), "stages.0.1"),
}
DOCUMENTED = {
    "resnet18.svg": poster(plain_twin(preset("resnet18")), preset("resnet18")),
    "activation-orders.svg": FIGURES["orders"],
}
"""Pictures of the documentation: the library draws them the same."""
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", FIGURES)
def test_svg_is_xml_with_every_text_and_no_colour_of_the_page(name: str) -> None:
    root = ElementTree.fromstring(FIGURES[name].to_svg())
    assert float(root.attrib["width"].removesuffix("pt")) == pytest.approx(
        FIGURES[name].drawing.width, abs=0.01
    )
    drawn = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    boxes = [item for item in FIGURES[name].drawing.items if hasattr(item, "fill")]
    assert all(box.text in drawn for box in boxes)
    assert "currentColor" not in FIGURES[name].to_svg()


@pytest.mark.parametrize("name", FIGURES)
def test_png_has_its_resolution(name: str) -> None:
    drawing = FIGURES[name].drawing
    image = Image.open(io.BytesIO(FIGURES[name].to_png(dpi=144)))
    assert image.width == pytest.approx(2 * drawing.width, abs=2)
    assert image.height == pytest.approx(2 * drawing.height, abs=2)
    assert len(image.convert("RGB").getcolors(1 << 20) or ()) > 10


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="needs poppler's pdftotext")
def test_pdf_keeps_its_text_and_its_fonts(tmp_path: Path) -> None:
    file = tmp_path / "net.pdf"
    RESNET34.save(file)
    text = subprocess.run(
        ["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True
    ).stdout
    assert text.count("3×3 conv, 512") == 2 * 6  # noqa: RUF001
    assert text.count("fc, 1000") == 2
    fonts = subprocess.run(["pdffonts", file], capture_output=True, text=True, check=True).stdout
    assert "LibertinusSerif" in fonts
    assert " no " not in fonts.splitlines()[2]  # embedded, as printers want
    assert RESNET34.to_pdf() == RESNET34.to_pdf()


@pytest.mark.skipif(
    not shutil.which("pdflatex") or not shutil.which("pdfinfo"),
    reason="needs a TeX installation and poppler",
)
@pytest.mark.parametrize("name", FIGURES)
def test_tikz_compiles(name: str, tmp_path: Path) -> None:
    (tmp_path / "net.tex").write_text(FIGURES[name].to_tikz(), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "net.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    if "standalone.cls' not found" in done.stdout:
        pytest.skip("this TeX installation lacks the class standalone")
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout
    info = subprocess.run(
        ["pdfinfo", tmp_path / "net.pdf"], capture_output=True, text=True, check=True
    ).stdout
    size = next(line for line in info.splitlines() if line.startswith("Page size")).split()
    drawing = FIGURES[name].drawing
    assert float(size[2]) == pytest.approx(drawing.width, abs=2)
    assert float(size[4]) == pytest.approx(drawing.height, abs=2)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_documentation_shows_what_the_library_draws(
    name: str, request: pytest.FixtureRequest
) -> None:
    file = Path(__file__).parents[3] / "docs" / "images" / name
    if request.config.getoption("--overwrite"):
        file.write_text(DOCUMENTED[name].to_svg(), encoding="utf-8")
    assert file.read_text(encoding="utf-8") == DOCUMENTED[name].to_svg()


def test_a_cell_shows_the_figure() -> None:
    shown = RESNET34._repr_mimebundle_()
    assert shown["text/html"] == RESNET34.to_svg()
    assert shown["text/plain"].startswith("Poster(Plain-34, beside ResNet-34: ")


def test_letters_that_tex_gives_a_meaning_are_escaped() -> None:
    assert words("50% & a_b × 한") == r"50\% \& a\_b $\times$ \wide{한}"  # noqa: RUF001
    assert words("Größe, déjà, Łódź") == r"Gr\"{o}\ss{}e, d\'{e}j\`{a}, \L{}\'{o}d\'{z}"


def test_formulas_are_read() -> None:
    assert spans(r"\mathrm{BN}(W_2\,h_{10}) + \tfrac{1}{2}\,x") == [
        Span("BN(", "roman"),
        Span("W", "italic"),
        Span("2", "sub"),
        Span("\u2009", "roman"),
        Span("h", "italic"),
        Span("10", "sub"),
        Span(") + ½\u2009", "roman"),
        Span("x", "italic"),
    ]
    with pytest.raises(ValueError, match="has no sign here"):
        spans(r"\beta x")


def test_what_is_too_large_for_a_page_is_said() -> None:
    long = poster(revise(preset("resnet1202-cifar"), depths=(4000, 4000, 4000)), fold=False)
    for write in (long.to_pdf, long.to_tikz):
        with pytest.raises(ValueError, match="write SVG, or fold alike blocks"):
            write()
    with pytest.raises(ValueError, match="million pixels is too large"):
        long.to_png()
    assert isinstance(Poster(long.drawing).to_svg(), str)


def test_a_name_never_contradicts_the_depth() -> None:
    deeper = revise(preset("resnet34"), depths=(3, 4, 8, 3))
    changed = revise(preset("resnet34"), norm="none")
    titles = [poster(net).drawing.title for net in (preset("resnet34"), changed, deeper)]
    assert titles == ["ResNet-34", "ResNet-34, changed", "ResNet-38, changed from ResNet-18"]
    assert "ResNet-34, changed (2)" in poster(changed, changed).drawing.title


def test_mistakes_are_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one net"):
        poster()
    with pytest.raises(ValueError, match="one for each of the 1 nets"):
        poster(preset("resnet18"), names=["a", "b"])
    with pytest.raises(ValueError, match=r"unknown ending of a poster's file '\.gif'"):
        RESNET34.save(tmp_path / "x.gif")
    with pytest.raises(ValueError, match="unknown field to vary 'norm'"):
        block_poster(preset("resnet18"), vary="norm")  # type: ignore[arg-type]
