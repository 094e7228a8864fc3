"""Every refusal of a redirect has a cause and a remedy."""

import re
from pathlib import Path

import pytest

from territory.site_test.refusals import why_refused

PORTAL = Path(__file__).parents[4] / "portal"


def reasons() -> set[str]:
    """Return every reason that the portal's adapters give, from their sources."""
    sources = [*(PORTAL / "gateways").glob("*.py"), PORTAL / "guest" / "arrival.py"]
    found = (re.findall(r'ProtocolError\("([^"]+)"\)', path.read_text()) for path in sources)
    return {reason for each in found for reason in each}


@pytest.mark.parametrize("reason", sorted(reasons()))
def test_every_reason_has_cause_and_remedy(reason: str) -> None:
    """What has no row of its own is told as a parameter that cannot be read, by its name."""
    cause, remedy = why_refused(reason)
    assert cause.endswith(".")
    assert remedy.endswith((".", ")."))
