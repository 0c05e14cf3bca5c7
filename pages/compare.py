"""Compare: two to four nets side by side."""

from resnet_viz.ui.start import require_app

require_app()

from resnet_viz.ui.pages.compare.page import compare_page  # noqa: E402

compare_page()
