"""The Papers page: page.py draws it."""

from resnet_viz.ui.pages import PageEntry

PAGE = PageEntry("Papers", order=27)
