"""Pages are drawn as the app's server has them drawn."""

import pytest

from resnet_viz.ui.components.charts import chart_scripts


@pytest.fixture(scope="session", autouse=True)
def _charts_are_our_own() -> None:
    chart_scripts.routes()
