"""The Race page: page.py draws it."""

from resnet_viz.ui.pages import PageEntry

PAGE = PageEntry("Race", order=20)
