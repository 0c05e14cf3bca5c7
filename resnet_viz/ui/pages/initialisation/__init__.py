"""The Initialisation page: page.py draws it."""

from resnet_viz.ui.page_entry import PageEntry

PAGE = PageEntry("Initialisation", order=40)
