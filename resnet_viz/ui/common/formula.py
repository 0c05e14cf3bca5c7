r"""A stage's formula as the paper sets it, in TeX for `st.markdown`."""

from __future__ import annotations

from resnet_viz.views.table import StageRow


def stacked(row: StageRow) -> str:
    """One block's layers above each other in brackets, times their number (He 2015, Table 1)."""
    layers = row.formula.strip("[]").split("; ")
    lines = r"\\ ".join(map(_line, layers))
    if not row.formula.startswith("["):
        return rf"$\begin{{array}}{{l}} {lines} \end{{array}}$"
    return rf"$\begin{{bmatrix}} {lines} \end{{bmatrix}} \times {row.repeats}$"


def _line(layer: str) -> str:
    """Text with TeX's own multiplication sign, since KaTeX's text fonts have none."""
    return rf"\text{{{layer}}}".replace("×", r"}{\times}\text{")  # noqa: RUF001
