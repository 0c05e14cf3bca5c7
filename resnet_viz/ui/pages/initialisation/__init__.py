"""The Initialisation page: page.py draws it."""

from resnet_viz.ui.pages import PageEntry

PAGE = PageEntry("Initialisation", order=40)
