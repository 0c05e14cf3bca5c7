"""Architecture: choose a net, see exactly what it is."""

from resnet_viz.ui.start import require_app

require_app()

from resnet_viz.ui.pages.architecture.page import architecture_page  # noqa: E402

architecture_page()
