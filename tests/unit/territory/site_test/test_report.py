"""What is pasted from a site is read line by line, and never believed further than that."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.errors import ProtocolError
from territory.site_test.readings import Answer, SiteReport
from territory.site_test.report import FIRST_LINE, MAX_CHARACTERS, parse_report

WHOLE = """\
root@routeur:~# sh essai.sh
socle-essai 1
date 1763787600
machine passerelle
nom 192.0.2.1
nom 2001:db8::1
portail oui
ecart -12
sonde apple redirected
sonde android open
sonde windows nothing
identite fc.example oui
identite pc.example non
"""


def test_every_line_is_read() -> None:
    """Also among what a terminal shows around it, and with a word processor's line ends."""
    expected = SiteReport(
        datetime(2025, 11, 22, 5, 0, tzinfo=UTC),
        is_gateway=True,
        addresses=("192.0.2.1", "2001:db8::1"),
        portal_answers=True,
        clock_seconds=-12.0,
        probes={"apple": Answer.REDIRECTED, "android": Answer.OPEN, "windows": Answer.NOTHING},
        providers={"fc.example": True, "pc.example": False},
    )
    assert parse_report(WHOLE) == expected
    assert parse_report(WHOLE.replace("\n", "  \r\n")) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("nom -", SiteReport(addresses=())),
        ("nom <script>", SiteReport(addresses=())),
        ("portail peut-être", SiteReport()),
        ("ecart 12,5", SiteReport()),
        ("ecart 99999999999999999999999999", SiteReport()),
        ("date -5", SiteReport()),
        ("date 1099511627775", SiteReport()),
        ("sonde apple maybe", SiteReport()),
        ("identite fc.example peut-être", SiteReport()),
        ("sonde autre open", SiteReport()),
        ("machine", SiteReport()),
    ],
)
def test_a_line_that_cannot_be_read_is_passed_over(line: str, expected: SiteReport) -> None:
    """The rest stands."""
    assert parse_report(f"{FIRST_LINE}\n{line}\n") == expected


@pytest.mark.parametrize("text", ["", "portail oui", "socle-essai 2", "<html>socle-essai 1"])
def test_what_is_no_report_is_refused(text: str) -> None:
    """Whatever was on the clipboard."""
    with pytest.raises(ProtocolError, match="not-a-report"):
        parse_report(text)


def test_what_is_longer_than_any_report_is_refused() -> None:
    """Before it is looked at."""
    with pytest.raises(ProtocolError, match="oversized"):
        parse_report(FIRST_LINE + "\n" * MAX_CHARACTERS)


@given(st.text(max_size=400))
def test_nothing_else_is_raised(text: str) -> None:
    """Only `ProtocolError`, for the whole; never for a line."""
    assert isinstance(parse_report(f"{FIRST_LINE}\n{text}"), SiteReport)
