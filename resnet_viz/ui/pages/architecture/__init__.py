"""The Architecture page: page.py draws it."""

from resnet_viz.ui.page_entry import PageEntry

PAGE = PageEntry("Architecture", order=10)
