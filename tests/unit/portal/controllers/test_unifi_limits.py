"""What a guest may do, in UniFi's units: never less than was said, never more than it takes."""

import pytest

from portal.controllers.unifi_limits import legacy_limits, official_limits
from portal.gateways.vocabulary import Allowance


@pytest.mark.parametrize(
    ("allowance", "official", "legacy"),
    [
        (Allowance(14_400), {"timeLimitMinutes": 240}, {"minutes": 240}),
        (Allowance(0), {"timeLimitMinutes": 1}, {"minutes": 1}),
        (Allowance(61, 1), {"timeLimitMinutes": 2, "dataUsageLimitMBytes": 1}, None),
        (
            Allowance(60, 2 * 10**9, 5_000_000, 20_000_000),
            {
                "timeLimitMinutes": 1,
                "dataUsageLimitMBytes": 2_000,
                "rxRateLimitKbps": 20_000,
                "txRateLimitKbps": 5_000,
            },
            {"minutes": 1, "bytes": 2_000, "up": 5_000, "down": 20_000},
        ),
        (
            Allowance(10**9, 10**16, 1_000, 10**10),
            {
                "timeLimitMinutes": 1_000_000,
                "dataUsageLimitMBytes": 1_048_576,
                "rxRateLimitKbps": 100_000,
                "txRateLimitKbps": 2,
            },
            {"minutes": 1_000_000, "bytes": 1_048_576, "up": 1, "down": 10_000_000},
        ),
    ],
)
def test_units_and_limits(
    allowance: Allowance, official: dict[str, int], legacy: dict[str, int] | None
) -> None:
    """rx is the guest's download in the official API; what has no limit is left out."""
    assert official_limits(allowance) == official
    assert legacy is None or legacy_limits(allowance) == legacy
