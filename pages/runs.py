"""Runs: all that were trained or watched, to be found, named, opened, taken away and deleted."""

from resnet_viz.ui.start import require_app

require_app()

from resnet_viz.ui.pages.runs.page import runs_page  # noqa: E402

runs_page()
