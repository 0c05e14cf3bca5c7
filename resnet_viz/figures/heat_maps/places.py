"""Places of the heat maps of several nets: two per row, or one below the other in a narrow
chart."""

from __future__ import annotations

from math import ceil

from resnet_viz.figures import style

PER_ROW = 2
GAP_X, GAP_Y = 0.1, 0.22


def height(total: int, per_row: int) -> float:
    """The height of all maps, in heights of one; margins count once."""
    return 1 + 0.7 * max(0, ceil(total / per_row) - 1)


def axes(number: int, total: int, *, y_axis: str, depth: int, last: int) -> style.Layout:
    """The axes of map `number`: `last` is the last step, `depth` the lowest row."""
    x_domain, y_domain = _domain(number, total, PER_ROW)
    own = style.suffix(number)
    x = {"domain": x_domain, "anchor": f"y{own}", "range": style.step_range(last)}
    y = {"domain": y_domain, "anchor": f"x{own}", "range": [depth + 0.5, 0.5]}
    # Maps beside each other share their rows: a second title would lie on the first map.
    y_title = "" if number % PER_ROW else y_axis
    return {
        f"xaxis{own}": style.axis("step") | x | {"showgrid": False},
        f"yaxis{own}": style.axis(y_title) | y | {"showgrid": False},
    }


def stacked(number: int, total: int, *, y_axis: str) -> style.Layout:
    """The changes to the axes when maps are stacked."""
    x_domain, y_domain = _domain(number, total, 1)
    return {
        f"xaxis{style.suffix(number)}": {"domain": x_domain},
        f"yaxis{style.suffix(number)}": {"domain": y_domain, "title": {"text": y_axis}},
    }


def title(text: str, number: int, total: int, per_row: int) -> style.Layout:
    """The title of map `number`, as an annotation."""
    x_domain, y_domain = _domain(number, total, per_row)
    place = {"x": x_domain[0], "y": y_domain[1], "yanchor": "bottom", "yshift": 4}
    return style.note(text, 1) | place


def _domain(number: int, total: int, per_row: int) -> tuple[list[float], list[float]]:
    """The rectangle of map `number`, in fractions of the figure: x limits, y limits."""
    across, down = min(per_row, total), ceil(total / per_row)
    gap = GAP_Y * height(2, 1) / height(down, 1)  # as tall as between two rows: the figure grows
    wide, tall = (1 - GAP_X * (across - 1)) / across, (1 - gap * (down - 1)) / down
    row, column = divmod(number, per_row)
    left, top = column * (wide + GAP_X), 1 - row * (tall + gap)
    return [left, min(1.0, left + wide)], [max(0.0, top - tall), top]
