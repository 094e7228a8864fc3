"""What a look at the portal from outside tells: each fault alone, and none where all is well."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from supervision.portal_faults import API_TYPE, Answer, Fault, Look, faults_of
from territory.site_test.readings import Certificate, PortalSeen

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
CERTIFICATE = Certificate(("wifi.example",), NOW + timedelta(days=60))
SEEN = PortalSeen("https://wifi.example", ("192.0.2.1",), CERTIFICATE)
GOOD = Look(
    NOW,
    SEEN,
    Answer(200, 0.1, "text/html"),
    Answer(404, 0.1, "text/html"),
    Answer(308, 0.1, "", "https://wifi.example/"),
)


def shown(**changes: Any) -> PortalSeen:
    """Return the portal with another certificate."""
    return replace(SEEN, certificate=replace(CERTIFICATE, **changes))


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({}, set()),
        ({"plain": None}, set()),
        ({"seen": shown(names=("*.example",))}, set()),
        ({"api": Answer(200, 0.1, API_TYPE)}, set()),
        ({"seen": PortalSeen("https://wifi.example")}, {Fault.NAME}),
        ({"page": None}, {Fault.SILENT}),
        ({"page": Answer(503, 0.1)}, {Fault.SILENT}),
        ({"page": Answer(200, 3.5)}, {Fault.SLOW}),
        ({"seen": shown(names=("other.example",))}, {Fault.CERTIFICATE_NAME}),
        ({"seen": shown(fault="self-signed certificate")}, {Fault.CERTIFICATE_CHAIN}),
        ({"seen": shown(ends_at=NOW + timedelta(days=13))}, {Fault.CERTIFICATE_ENDS}),
        (
            {"seen": shown(ends_at=NOW - timedelta(days=1), fault="certificate has expired")},
            {Fault.CERTIFICATE_ENDS},
        ),
        ({"api": Answer(302, 0.1, "", "https://front.example/")}, {Fault.API}),
        ({"api": Answer(200, 0.1, "text/html")}, {Fault.API}),
        ({"plain": Answer(200, 0.1)}, {Fault.PLAIN}),
        ({"plain": Answer(301, 0.1, "", "http://wifi.example/home")}, {Fault.PLAIN}),
    ],
)
def test_each_fault_is_told_by_its_word(changes: dict[str, Any], faults: set[Fault]) -> None:
    """An expired certificate is not told twice, and port 80 may well be closed."""
    assert faults_of(replace(GOOD, **changes)) == faults


def test_a_name_that_leads_elsewhere_altogether_has_moved() -> None:
    """One address of several that changes is a rotation; a first look knows nothing before."""
    moved = replace(GOOD, before=frozenset({"198.51.100.7"}))
    assert moved.has_moved
    assert not replace(moved, before=frozenset({"198.51.100.7", "192.0.2.1"})).has_moved
    assert not GOOD.has_moved
