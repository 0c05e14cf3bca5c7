"""Initialisation: a net and its plain twin before their first step."""

from resnet_viz.ui.start import require_app

require_app()

from resnet_viz.ui.pages.initialisation.page import initialisation_page  # noqa: E402

initialisation_page()
