"""The Compare page: page.py draws it."""

from resnet_viz.ui.pages import PageEntry

PAGE = PageEntry("Compare", order=50)
