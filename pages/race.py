"""Race: a residual net and its plain twin train side by side, and their gradients are shown."""

from resnet_viz.ui.start import require_app

require_app()

from resnet_viz.ui.pages.race.page import race_page  # noqa: E402

race_page()
