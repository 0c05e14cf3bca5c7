"""The Runs page: page.py draws it."""

from resnet_viz.ui.page_entry import PageEntry

PAGE = PageEntry("Runs", order=30)
