"""The Design space page: page.py draws it."""

from resnet_viz.ui.pages import PageEntry

PAGE = PageEntry("Design space", order=60)
