"""Design space: all presets by what they cost, the current net among them."""

from resnet_viz.ui.start import require_app

require_app()

from resnet_viz.ui.pages.design_space.page import design_space_page  # noqa: E402

design_space_page()
