"""The race's figures, sentences and tables: all that a page needs, from one place."""

from resnet_viz.findings.contestant import GRADIENT, Contestant, contestants_in
from resnet_viz.findings.predictions import about_prediction, prediction
from resnet_viz.findings.race_summary import happened
from resnet_viz.findings.result_table import result_rows, told, transposed
from resnet_viz.findings.seeds import median_and_range
from resnet_viz.plots.curves import Curves, curves_alt, training_curves
from resnet_viz.plots.maps import heat_maps, maps_alt
from resnet_viz.plots.profile import axis_of, profile, profile_alt
from resnet_viz.plots.through_time import through_time

__all__ = [
    "GRADIENT",
    "Contestant",
    "Curves",
    "about_prediction",
    "axis_of",
    "contestants_in",
    "curves_alt",
    "happened",
    "heat_maps",
    "maps_alt",
    "median_and_range",
    "prediction",
    "profile",
    "profile_alt",
    "result_rows",
    "through_time",
    "told",
    "training_curves",
    "transposed",
]
