"""A reading of records that shares no code with the findings: numpy and scipy, run by run.

`CHECKS` says of each kind of claim what must be so in the records for it to be said.
"""

from collections.abc import Mapping

from tests.findings.reading import comparisons, layers, outcomes
from tests.findings.reading.runs import Check

CHECKS: Mapping[str, Check] = {**outcomes.CHECKS, **comparisons.CHECKS, **layers.CHECKS}
