"""The Architecture page: page.py draws it."""

from resnet_viz.ui.pages import PageEntry

PAGE = PageEntry("Architecture", order=10)
