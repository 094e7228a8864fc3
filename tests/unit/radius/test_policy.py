"""Who is let in, as a table of cases."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.access import AccessRequest, Proof
from radius.central_login import CentralLogin
from radius.house import OPEN_HOUSE, Beyond, House
from radius.policy import (
    MESSAGES,
    Accept,
    Discard,
    Facts,
    Reason,
    Reject,
    decide,
    decide_from_memory,
    is_sent_to_portal,
    is_undetermined,
    screen,
)
from radius.rulebook import Rulebook
from territory.rules.quotas import Stop
from tests.unit.radius.sample import DEVICE, FACTS, NAS, NOW, PLAN, PLANS, USER_NAME

OTHER = bytes.fromhex("020000000001")
SHOWN = AccessRequest(NAS, USER_NAME, Proof.RIGHT_PASSWORD, DEVICE, None)
BY_MAC = AccessRequest(NAS, DEVICE.hex(), Proof.DEVICE, DEVICE, DEVICE)
CENTRAL = replace(
    NAS, central_login=CentralLogin("https://portal.example/gateway/cisco/wlc", "wlc", "key")
)
SECOND = timedelta(seconds=1)
HOUSE = House(mac_sites=frozenset({FACTS.site_id}))
"""Nothing limited, nobody blocked; devices may come back."""


def facts(**changes: Any) -> Facts:
    """Return the facts of a bound, living admission with other properties."""
    return FACTS._replace(**changes)


@pytest.mark.parametrize(
    ("proof", "device", "named_device", "reason"),
    [
        (Proof.RIGHT_PASSWORD, DEVICE, None, None),
        (Proof.RIGHT_PASSWORD, None, None, Reason.NO_DEVICE),
        (Proof.WRONG_PASSWORD, DEVICE, None, Reason.WRONG_PASSWORD),
        (Proof.WRONG_PASSWORD, DEVICE, DEVICE, Reason.WRONG_PASSWORD),
        (Proof.MALFORMED_PASSWORD, DEVICE, None, Reason.MALFORMED_PASSWORD),
        (Proof.TWO_PASSWORDS, DEVICE, None, Reason.TWO_PASSWORDS),
        (Proof.NO_PASSWORD, DEVICE, None, Reason.NO_PASSWORD),
        (Proof.EAP, DEVICE, None, Reason.EAP_NOT_OFFERED),
        (Proof.DEVICE, DEVICE, DEVICE, None),
        (Proof.DEVICE, DEVICE, OTHER, Reason.NOT_THIS_DEVICE),
        (Proof.DEVICE, None, DEVICE, Reason.NO_DEVICE),
    ],
)
def test_what_needs_no_facts_is_refused_before_them(
    proof: Proof, device: bytes | None, named_device: bytes | None, reason: Reason | None
) -> None:
    """A guesser costs no query; a MAC address typed as a name opens nobody else's door."""
    refused = screen(AccessRequest(NAS, USER_NAME, proof, device, named_device))
    assert (refused and refused.reason) == reason


@pytest.mark.parametrize(
    ("request_", "found", "reason"),
    [
        (SHOWN, facts(bound_now=True), Reason.FIRST_USE),
        (SHOWN, facts(), Reason.SHOWN_AGAIN),
        (SHOWN, facts(credential_expires_at=NOW - SECOND), Reason.SHOWN_AGAIN),
        (BY_MAC, facts(), Reason.KNOWN_DEVICE),
    ],
)
def test_who_is_let_in(request_: AccessRequest, found: Facts, reason: Reason) -> None:
    """First use, shown again by the same device even after minutes, and by MAC where allowed."""
    decision = decide(request_, found, PLANS, NOW, HOUSE)
    assert isinstance(decision, Accept)
    assert decision.reason is reason
    assert decision.rights.session_seconds == 4 * 3600
    assert decision.rights.octets == PLAN.session_octets


@pytest.mark.parametrize("shown", [SHOWN, BY_MAC])
@pytest.mark.parametrize(
    ("name", "is_probe", "opens"),
    [
        (USER_NAME, False, True),
        (USER_NAME, True, False),
        ("0" + USER_NAME[1:], False, False),
        ("0" + USER_NAME[1:], True, True),
    ],
)
def test_a_synthetic_guest_s_right_opens_at_a_probe_alone_and_a_probe_to_nobody_else(
    shown: AccessRequest, name: str, is_probe: bool, opens: bool
) -> None:
    """By its name and password, or by its device's address: the site alone is not enough."""
    asked = shown._replace(nas=replace(NAS, is_probe=is_probe), user_name=name)
    decision = decide(asked, facts(user_name=name), PLANS, NOW, HOUSE)
    assert isinstance(decision, Accept if opens else Reject)
    assert isinstance(decision, Accept) or decision.reason is Reason.OTHER_SITE


def test_central_web_authentication_refuses_no_device() -> None:
    """The portal is where a guest reads why; a device refused there could not even associate."""
    asked = BY_MAC._replace(nas=CENTRAL)
    assert isinstance(decide(asked, None, PLANS, NOW, HOUSE), Reject)
    assert is_sent_to_portal(asked)
    assert decide_from_memory(asked, None, PLANS, NOW) == Discard(Reason.UNAVAILABLE)


@pytest.mark.parametrize(
    "changes",
    [
        {"nas": NAS},
        {"proof": Proof.WRONG_PASSWORD},
        {"proof": Proof.OTHER_MAC_FORM},
        {"named_device": OTHER},
        {"device": None, "named_device": None},
    ],
)
def test_only_a_device_presented_as_itself_is_sent_to_the_portal(changes: dict[str, Any]) -> None:
    """A typed address, a wrong one, or any other NAS's device is refused as ever."""
    assert not is_sent_to_portal(BY_MAC._replace(nas=CENTRAL)._replace(**changes))


def test_central_web_authentication_lets_in_by_the_address_alone() -> None:
    """A live admission of the place is enough, where plan and place would let no device return."""
    asked = BY_MAC._replace(nas=CENTRAL)
    decision = decide(asked, facts(), {PLAN.id: replace(PLAN, mac_authentication=False)}, NOW)
    assert isinstance(decision, Accept)
    assert decision.reason is Reason.KNOWN_DEVICE


@pytest.mark.parametrize(
    ("request_", "found", "reason"),
    [
        (SHOWN, None, Reason.UNKNOWN_CREDENTIAL),
        (SHOWN, facts(device=None, credential_expires_at=NOW), Reason.CREDENTIAL_EXPIRED),
        (SHOWN, facts(device=OTHER), Reason.OTHER_DEVICE),
        (SHOWN, facts(site_id=UUID(int=9)), Reason.OTHER_SITE),
        (SHOWN, facts(ends_at=NOW), Reason.ENDED),
        (SHOWN, facts(ends_at=NOW + SECOND / 2), Reason.ENDED),
        (SHOWN, facts(revoked_at=NOW), Reason.REVOKED),
        (SHOWN, facts(download_octets=5_000_000_000), Reason.USED_UP),
        (SHOWN, facts(upload_octets=3 * 10**9, download_octets=3 * 10**9), Reason.USED_UP),
        (BY_MAC, None, Reason.UNKNOWN_DEVICE),
        (BY_MAC, facts(site_id=UUID(int=9)), Reason.OTHER_SITE),
        (BY_MAC, facts(revoked_at=NOW - SECOND), Reason.REVOKED),
        # Of two reasons, the one the guest can do something about, or nobody can, comes first.
        (SHOWN, facts(site_id=UUID(int=9), device=OTHER), Reason.OTHER_SITE),
        (SHOWN, facts(revoked_at=NOW, ends_at=NOW), Reason.REVOKED),
    ],
)
def test_who_is_refused(request_: AccessRequest, found: Facts | None, reason: Reason) -> None:
    """Another device, another site, too late, revoked, used up: each with its own word."""
    decision = decide(request_, found, PLANS, NOW)
    assert isinstance(decision, Reject)
    assert decision.reason is reason
    assert decision.admission_id == (found and found.admission_id)


def test_a_device_is_not_known_where_its_plan_does_not_allow_it() -> None:
    """MAC authentication is a right of the plan."""
    plans = {PLAN.id: replace(PLAN, mac_authentication=False)}
    decision = decide(BY_MAC, facts(), plans, NOW, HOUSE)
    assert decision == Reject(Reason.DEVICE_NOT_ALLOWED, FACTS.admission_id)
    assert isinstance(decide(SHOWN, facts(), plans, NOW), Accept)


BEYOND = Beyond(None, "click_through", "2026-11-21", "WiFi", 0, 0, 0, 0, 0, False)


@pytest.mark.parametrize(
    ("ssid", "beyond", "house", "reason"),
    [
        (None, BEYOND, HOUSE, None),
        ("WiFi", BEYOND, HOUSE, None),
        ("Autre", BEYOND, HOUSE, Reason.OTHER_NETWORK),
        ("Autre", BEYOND._replace(ssid=None), HOUSE, None),
        (None, BEYOND._replace(is_elsewhere=True), HOUSE, Reason.DEVICE_ELSEWHERE),
        (None, BEYOND, OPEN_HOUSE, Reason.DEVICE_NOT_ALLOWED),
        (
            None,
            BEYOND,
            HOUSE._replace(terms={FACTS.site_id: "2027-01-01"}),
            Reason.DEVICE_NOT_ALLOWED,
        ),
        (
            None,
            BEYOND,
            HOUSE._replace(methods={FACTS.site_id: frozenset({"ticket"})}),
            Reason.DEVICE_NOT_ALLOWED,
        ),
        (None, BEYOND, HOUSE._replace(devices={DEVICE: None}), Reason.BLOCKED),
    ],
)
def test_a_device_comes_back_by_its_mac_where_all_still_holds(
    ssid: str | None, beyond: Beyond, house: House, reason: Reason | None
) -> None:
    """Place, terms, identification, network; online nowhere else, and not blocked."""
    found = facts(beyond=beyond)
    decision = decide(BY_MAC._replace(ssid=ssid), found, PLANS, NOW, house)
    assert decision.reason is (reason or Reason.KNOWN_DEVICE)


@pytest.mark.parametrize(
    ("house", "now", "reason"),
    [
        (House(devices={DEVICE: None}), NOW, Reason.BLOCKED),
        (House(devices={DEVICE: NOW + SECOND}), NOW, Reason.BLOCKED),
        (House(devices={DEVICE: NOW}), NOW, Reason.SHOWN_AGAIN),
        (House(devices={OTHER: None}), NOW, Reason.SHOWN_AGAIN),
        (House(admissions={FACTS.admission_id: None}), NOW, Reason.BLOCKED),
    ],
)
def test_a_block_stands_before_every_right(house: House, now: datetime, reason: Reason) -> None:
    """A device or an admission, until the block ends."""
    assert decide(SHOWN, facts(), PLANS, now, house).reason is reason


def limited(**changes: Any) -> House:
    """Return a house whose plan has these limits, at a site with these hours."""
    plan = {
        **dict.fromkeys(("day_seconds", "month_seconds", "day_octets", "month_octets", "devices")),
        **dict.fromkeys(("hours", "slow_upload_bps", "slow_download_bps")),
        "id": PLAN.id,
        "public_holidays": "as_usual",
        "at_end": "cut",
        **changes,
    }
    site = {"id": FACTS.site_id, "insee": "55029", "hours": None, "closed_days": []}
    return House(book=Rulebook([plan], [site]), limited=frozenset({PLAN.id}))


@pytest.mark.parametrize(
    ("changes", "beyond", "expected"),
    [
        ({"day_seconds": 7200}, BEYOND._replace(day_seconds=3600), 3600),
        ({"day_seconds": 7200}, BEYOND._replace(day_seconds=7200), Reason.DAY_TIME_USED),
        ({"month_seconds": 60}, BEYOND._replace(month_seconds=60), Reason.MONTH_TIME_USED),
        ({"day_octets": 60}, BEYOND._replace(day_octets=60), Reason.DAY_VOLUME_USED),
        ({"month_octets": 60}, BEYOND._replace(month_octets=60), Reason.MONTH_VOLUME_USED),
        ({"devices": 2}, BEYOND._replace(other_devices=1), 4 * 3600),
        ({"devices": 2}, BEYOND._replace(other_devices=2), Reason.TOO_MANY_DEVICES),
        # The sample's now is a Friday, 15:00 in Paris.
        ({"hours": "Mo-Fr 09:00-17:30"}, None, 9000),
        ({"hours": "Mo-Fr 09:00-12:00"}, None, Reason.CLOSED),
    ],
)
def test_a_limited_plan_grants_what_is_left_or_says_why_not(
    changes: dict[str, Any], beyond: Beyond | None, expected: int | Reason
) -> None:
    """Session-Timeout ends with the day's time and the place's hours; each refusal has its word."""
    decision = decide(SHOWN, facts(beyond=beyond), PLANS, NOW, limited(**changes))
    if isinstance(expected, int):
        assert isinstance(decision, Accept)
        assert decision.rights.session_seconds == expected
    else:
        assert isinstance(decision, Reject)
        assert decision.reason is expected
        assert decision.message.endswith(f"[{expected}]")


def test_a_closed_place_says_when_it_opens() -> None:
    """In the Reply-Message, in ASCII, on the place's own clock."""
    decision = decide(SHOWN, facts(), PLANS, NOW, limited(hours="Mo-Fr 09:00-12:00"))
    assert isinstance(decision, Reject)
    assert decision.message == (
        "Le Wi-Fi de ce lieu est ferme a cette heure."
        " Il ouvre le lundi 23 novembre a 9 h 00. [closed]"
    )


def test_slow_rates_go_out_once_the_day_is_used_up() -> None:
    """`at_end: slow`: let in, at the slow rates, until midnight in Paris."""
    house = limited(day_octets=10, at_end="slow", slow_upload_bps=64_000, slow_download_bps=128_000)
    decision = decide(SHOWN, facts(beyond=BEYOND._replace(day_octets=10)), PLANS, NOW, house)
    assert isinstance(decision, Accept)
    plan = decision.rights.plan
    assert (plan.upload_bps, plan.download_bps) == (64_000, 128_000)
    assert decision.rights.octets is None


def test_every_stop_has_its_reason_and_words() -> None:
    """What the rules say can be told: the same word for RADIUS and the portal."""
    assert all(Reason(stop.value) in MESSAGES for stop in Stop)


def test_what_remains_is_granted() -> None:
    """Shown again: the time and the data that are left, not the plan's again."""
    later = NOW + timedelta(hours=3, minutes=59)
    used = facts(upload_octets=10**9, download_octets=10**9)
    decision = decide(SHOWN, used, PLANS, later)
    assert isinstance(decision, Accept)
    assert (decision.rights.session_seconds, decision.rights.octets) == (60, 3_000_000_000)


def test_an_unknown_plan_waits_for_the_territory() -> None:
    """A plan just made is read again rather than refused: the NAS asks once more."""
    assert decide(SHOWN, facts(), {}, NOW) == Discard(Reason.PLAN_UNKNOWN)


def test_memory_lets_in_and_never_refuses() -> None:
    """DESIGN decision 13: a live admission in memory, or no answer at all."""
    decision = decide_from_memory(SHOWN, facts(), PLANS, NOW)
    assert isinstance(decision, Accept)
    assert decision.reason is Reason.FROM_MEMORY
    for found in (None, facts(ends_at=NOW), facts(device=OTHER), facts(revoked_at=NOW)):
        assert decide_from_memory(SHOWN, found, PLANS, NOW) == Discard(Reason.UNAVAILABLE)


@pytest.mark.parametrize(
    ("changes", "undetermined"),
    [
        ({"device": None}, True),
        ({}, False),
        ({"device": None, "credential_expires_at": NOW}, False),
        ({"device": None, "ends_at": NOW}, False),
        ({"device": None, "revoked_at": NOW}, False),
        ({"device": None, "site_id": UUID(int=9)}, False),
    ],
)
def test_facts_are_undetermined_only_while_another_binds(
    changes: dict[str, Any], undetermined: bool
) -> None:
    """Free, and could have been bound: then somebody else is binding it right now."""
    assert is_undetermined(facts(**changes), NAS.site_id, NOW) is undetermined


@pytest.mark.parametrize("reason", list(MESSAGES))
def test_a_refusal_says_what_to_do_in_ascii(reason: Reason) -> None:
    """Gateways carry it through a URL; the portal finds its word in the brackets."""
    message = Reject(reason).message
    assert message.isascii()
    assert len(message) <= 253
    assert message.endswith(f"[{reason.value}]")


def test_every_refusal_has_its_words() -> None:
    """No reason a guest can meet is without a message."""
    silent = {Reason.FIRST_USE, Reason.SHOWN_AGAIN, Reason.KNOWN_DEVICE, Reason.FROM_MEMORY}
    silent |= {Reason.UNAVAILABLE, Reason.PLAN_UNKNOWN, Reason.SENT_TO_PORTAL}
    assert set(Reason) - silent == set(MESSAGES)


@given(
    st.sampled_from((None, DEVICE, OTHER)),
    st.booleans(),
    st.timedeltas(timedelta(hours=-1), timedelta(hours=1)),
    st.timedeltas(timedelta(hours=-1), timedelta(hours=1)),
    st.integers(0, 10**10),
)
def test_nobody_is_let_in_without_right(
    device: bytes | None, same_site: bool, expires: timedelta, ends: timedelta, used: int
) -> None:
    """An Accept means: this device's, this site's, alive, something left."""
    found = facts(
        device=device,
        site_id=NAS.site_id if same_site else UUID(int=9),
        credential_expires_at=NOW + expires,
        ends_at=NOW + ends,
        download_octets=used,
    )
    decision = decide(SHOWN, found, PLANS, NOW)
    entitled = device == DEVICE and same_site and ends >= SECOND and used < 5 * 10**9
    assert isinstance(decision, Accept) is entitled
