"""The Runs page: page.py draws it."""

from resnet_viz.ui.pages import PageEntry

PAGE = PageEntry("Runs", order=30)
