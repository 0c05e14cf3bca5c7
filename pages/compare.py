"""Compare: two to four nets side by side."""

from resnet_viz.ui.common.start import require_app

require_app()

from resnet_viz.ui.compare.page import compare_page  # noqa: E402

compare_page()
