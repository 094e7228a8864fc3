"""What a machine says of its clock: read as it is told, absent where nobody tells."""

from datetime import UTC, datetime, timedelta

import pytest

from retention.manifests.manifest import ClockEvidence
from retention.sealing.clock_evidence import (
    Reading,
    ask_kernel,
    evidence_of,
    jump_of,
    parse_chrony,
    parse_timesync,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CHRONY = (
    "C0000201,192.0.2.1,3,1763640000.123456789,-0.000012345,0.000001,0.000020,-12.3,0.001,0.02,"
    "0.0123,0.0004,64.2,{leap}\n"
)
"""`chronyc -c tracking`, field by field as chronyc(1) lists them."""
TIMESYNC = """SystemNTPServers=
ServerName=ntp.example
ServerAddress=192.0.2.2
NTPMessage={ Leap=0, Version=4, Mode=4, Stratum=2, Precision=-25 }
Frequency=-123
"""
"""`timedatectl show-timesync --all`, as systemd 252 prints it."""


def test_chrony_names_its_source_and_its_offset() -> None:
    """Stratum and offset as told; a leap second that is announced."""
    found = parse_chrony(CHRONY.format(leap="Normal"))
    assert found == {"source": "192.0.2.1", "stratum": 3, "offset_seconds": -0.000012345}
    assert parse_chrony(CHRONY.format(leap="Insert second"))["leap"] == "insert"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "506 Cannot talk to daemon\n",
        "00000000,,0,0.0,0,0,0,0,0,0,1,1,0,Not synchronised",
        CHRONY.format(leap="Normal").replace(",3,", ",three,"),
    ],
)
def test_who_follows_nobody_tells_nothing(text: str) -> None:
    """No daemon, no source yet, or an answer that is none: absent, never invented."""
    assert parse_chrony(text) == {}


def test_systemd_names_its_server() -> None:
    """Its stratum too, where a message has come; nothing before."""
    assert parse_timesync(TIMESYNC) == {"source": "192.0.2.2", "stratum": 2}
    assert parse_timesync("ServerName=ntp.example\n") == {"source": "ntp.example"}
    assert parse_timesync("ServerName=\nServerAddress=\nNTPMessage={ Stratum=2 }\n") == {}


def test_the_kernel_is_asked_as_it_is() -> None:
    """Where it can be asked it says whether it is steered; only then how far off it may be."""
    told = ask_kernel()
    assert set(told) in (
        set(),
        {"synchronised"},
        {"synchronised", "offset_seconds", "error_seconds"},
    )
    assert ("offset_seconds" in told) == (told.get("synchronised") is True)


def reading(minutes: float, ran_minutes: float, boot: str = "a") -> Reading:
    """Return a reading so long after NOW, of a machine that ran so long since."""
    return Reading(NOW + timedelta(minutes=minutes), boot, 1000 + ran_minutes * 60)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (reading(60, 60), None),
        (reading(65, 60), None),
        (reading(66, 60), "was set"),
        (reading(60 * 24 * 30, 60), "was set"),
        (reading(-10, 60), "was set"),
        (reading(60, 66), "was set"),
        (reading(60 * 24 * 300, 0, "b"), None),
        (reading(-10, 0, "b"), "went back"),
        (reading(-4, 0, "b"), None),
        (reading(600, 0, ""), None),
    ],
)
def test_a_clock_that_was_set_is_seen(after: Reading, said: str | None) -> None:
    """Forward or backward by over five minutes while the machine ran; across a restart only
    backward, since nothing measures what passed."""
    before = reading(0, 0, "" if after.boot_id == "" else "a")
    found = jump_of(before, after)
    assert (found is None) is (said is None)
    assert (said or "") in (found or "")


def test_a_day_s_readings_become_one_evidence() -> None:
    """The worst offset and error, every source; what nobody told stays absent."""
    steered = Reading(NOW, "a", 1.0, True, -0.002, 0.5, "192.0.2.1", 3)
    wild = Reading(NOW, "a", 2.0, False)
    mute = Reading(NOW, "a", 3.0)
    assert evidence_of([steered, wild, mute]) == ClockEvidence(
        readings=3,
        silent=1,
        unsynchronised=1,
        worst_offset_microseconds=2000,
        worst_error_microseconds=500_000,
        sources=("192.0.2.1",),
        strata=(3,),
    )
    assert evidence_of([]) == ClockEvidence(readings=0, silent=0, unsynchronised=0)
