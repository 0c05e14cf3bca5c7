"""Race: a residual net and its plain twin train side by side, and their gradients are shown."""

from resnet_viz.ui.common.start import require_app

require_app()

from resnet_viz.ui.race.page import race_page  # noqa: E402

race_page()
