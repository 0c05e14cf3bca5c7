"""The Sweeps page: page.py draws it."""

from resnet_viz.ui.pages import PageEntry

PAGE = PageEntry("Sweeps", order=25)
