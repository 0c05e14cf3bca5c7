"""The start page: page.py draws it."""

from resnet_viz.ui.pages import PageEntry

PAGE = PageEntry("Start", order=0)
