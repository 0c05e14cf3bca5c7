"""The Lessons page: page.py draws it."""

from resnet_viz.ui.pages import PageEntry

PAGE = PageEntry("Lessons", order=5)
