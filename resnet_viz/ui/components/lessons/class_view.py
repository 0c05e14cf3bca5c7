"""Class view: what the readers of a class have predicted, as bars or as curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resnet_viz.ui.components.component import component
from resnet_viz.ui.components.lessons import curve_axes

_VIEW = component(
    __file__, "class_view", curve_axes.SCRIPT, css=curve_axes.STYLE, is_isolated=False
)


def class_view(
    key: str,
    about: Mapping[str, object],
    *,
    counts: Sequence[int] = (),
    curves: Sequence[Sequence[float]] = (),
    median: Sequence[float] | None = None,
    mine: object = None,
    measured: str | Sequence[float | None] | None = None,
    words: Mapping[str, str],
) -> None:
    """Draw a class's predictions; `about` is that of `prediction`.

    Of choices there is a count for each, in their order, and `mine` is the reader's own. Of curves
    all are drawn, with their median.
    """
    data = {"counts": counts, "curves": curves, "median": median, "mine": mine}
    _VIEW(key=key, data={**about, **data, "measured": measured, "words": words})
