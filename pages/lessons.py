"""Lessons, a page of the app."""

from resnet_viz.app.start import draw_page

draw_page("lessons")
