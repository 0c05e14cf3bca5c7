"""The race's figures, sentences and tables: all that a page needs, from one place."""

from resnet_viz.plots.contestant import Contestant
from resnet_viz.plots.curves import curves_alt, training_curves
from resnet_viz.plots.gradients import gradient_alt, gradient_by_layer
from resnet_viz.plots.heatmaps import gradient_heatmaps, heatmaps_alt
from resnet_viz.plots.story import result_rows, story

__all__ = [
    "Contestant",
    "curves_alt",
    "gradient_alt",
    "gradient_by_layer",
    "gradient_heatmaps",
    "heatmaps_alt",
    "result_rows",
    "story",
    "training_curves",
]
