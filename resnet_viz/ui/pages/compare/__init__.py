"""The Compare page: page.py draws it."""

from resnet_viz.ui.page_entry import PageEntry

PAGE = PageEntry("Compare", order=50)
