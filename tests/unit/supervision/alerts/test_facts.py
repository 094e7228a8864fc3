"""What is known at an instant, and how far back."""

from dataclasses import replace

from tests.unit.supervision.alerts.ground import HOUR, MINUTE, NOW, facts


def test_how_far_back_a_counter_was_followed() -> None:
    """Not at all before anything was read; then each for as long as its own window."""
    seen = facts()
    assert not seen.sees_back("socle_portal_visits_total")
    seen.measures.take("portal", None, NOW - HOUR)
    assert seen.sees_back("socle_portal_visits_total")
    assert not seen.sees_back("socle_radius_unsigned_requests_total")
    assert not replace(seen, now=NOW - MINUTE).sees_back("socle_portal_visits_total")
