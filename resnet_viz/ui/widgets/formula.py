r"""Formula of a stage as in the paper, in TeX for `st.markdown`."""

from __future__ import annotations

from resnet_viz.views.table import StageRow


def stacked(row: StageRow) -> str:
    """The layers of one block, stacked in brackets, times their number (He 2015, Table 1)."""
    # With TeX's own multiplication sign, since KaTeX's text fonts have none.
    lines = r"\\ ".join(
        rf"\text{{{layer}}}".replace("×", r"}{\times}\text{")  # noqa: RUF001
        for layer in row.formula.strip("[]").split("; ")
    )
    if not row.formula.startswith("["):
        return rf"$\begin{{array}}{{l}} {lines} \end{{array}}$"
    return rf"$\begin{{bmatrix}} {lines} \end{{bmatrix}} \times {row.repeats}$"
