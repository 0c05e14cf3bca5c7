"""The race's figures, sentences and tables: all that a page needs, from one place."""

from resnet_viz.plots.contestant import GRADIENT, Contestant, contestants_in
from resnet_viz.plots.curves import curves_alt, training_curves
from resnet_viz.plots.maps import heat_maps, maps_alt
from resnet_viz.plots.profile import axis_of, profile, profile_alt
from resnet_viz.plots.story import result_rows, story

__all__ = [
    "GRADIENT",
    "Contestant",
    "axis_of",
    "contestants_in",
    "curves_alt",
    "heat_maps",
    "maps_alt",
    "profile",
    "profile_alt",
    "result_rows",
    "story",
    "training_curves",
]
