"""The visit: every (state, event) has its row here, and no token of another's making is read."""

import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import Signer
from itsdangerous.encoding import base64_encode

from portal.visit import (
    TRANSITIONS,
    Event,
    State,
    Visit,
    advance,
    advance_all,
    at,
    awaiting,
    lent_again,
    read_visit,
    sign_visit,
)
from territory.errors import ProtocolError
from territory.identifiers import MacAddress

KEY = bytes(range(32))
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
VISIT = Visit(
    id=UUID(int=7),
    gateway="mairie-commercy",
    device=MacAddress.parse("8a:56:7e:f9:10:e4"),
    expires_at=NOON + timedelta(minutes=10),
    language="de",
    terms="2026-11-21",
    admission=UUID(int=9),
    page_wanted="http://example.org/",
    carried={"challenge": "00" * 16},
    vouched=True,
    handed_back_at=NOON,
    method="email_code",
    challenge=UUID(int=11),
    guest=UUID(int=13),
)

ALLOWED = {
    ("arrived", "identify", "identified"),
    ("arrived", "refuse", "refused"),
    ("arrived", "time-out", "expired"),
    ("identified", "verify", "verified"),
    ("identified", "refuse", "refused"),
    ("identified", "retry", "arrived"),
    ("identified", "time-out", "expired"),
    ("identified", "lend", "lent"),
    ("lent", "verify", "verified"),
    ("lent", "refuse", "refused"),
    ("lent", "retry", "arrived"),
    ("lent", "time-out", "expired"),
    ("verified", "admit", "admitted"),
    ("verified", "refuse", "refused"),
    ("verified", "time-out", "expired"),
    ("admitted", "refuse", "refused"),
    ("admitted", "time-out", "expired"),
    ("refused", "retry", "arrived"),
    ("refused", "time-out", "expired"),
}


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_every_state_and_event(state: State, event: Event) -> None:
    """What the table does not allow has no result."""
    expected = {after for before, cause, after in ALLOWED if (before, cause) == (state, event)}
    found = advance(state, event)
    assert ({found.value} if found else set()) == expected


def test_nobody_is_admitted_without_being_verified() -> None:
    """The only way into ADMITTED is from VERIFIED, into that from what was asked and awaited."""
    awaited = {State.IDENTIFIED, State.LENT}
    for target, sources in ((State.ADMITTED, {State.VERIFIED}), (State.VERIFIED, awaited)):
        assert {before for (before, _), after in TRANSITIONS.items() if after is target} == sources


def test_an_expired_visit_is_over() -> None:
    """Only a new redirect begins again."""
    assert all(advance(State.EXPIRED, event) is None for event in Event)


def test_several_steps_or_none() -> None:
    """A step that cannot happen leaves no half-advanced visit."""
    through = advance_all(VISIT, Event.IDENTIFY, Event.VERIFY, Event.ADMIT)
    assert through == replace(VISIT, state=State.ADMITTED)
    assert advance_all(VISIT, Event.IDENTIFY, Event.ADMIT) is None
    assert advance_all(VISIT, Event.ADMIT, Event.IDENTIFY) is None


@pytest.mark.parametrize(
    ("seconds", "state"),
    [(0, State.ARRIVED), (599, State.ARRIVED), (600, State.EXPIRED), (86_400, State.EXPIRED)],
)
def test_time_ends_a_visit(seconds: int, state: State) -> None:
    """The instant of expiry is already over."""
    assert at(VISIT, NOON + timedelta(seconds=seconds)).state is state


def test_a_token_gives_back_the_visit() -> None:
    """Nothing is lost on the way through an address, and it is short enough for one."""
    token = sign_visit(VISIT, KEY)
    assert read_visit(token, KEY) == VISIT
    assert len(token) < 500
    assert token.replace("-", "").replace("_", "").replace(".", "").isalnum()


@given(
    st.builds(
        Visit,
        id=st.uuids(),
        gateway=st.text(max_size=40),
        device=st.binary(min_size=6, max_size=6).map(MacAddress),
        expires_at=st.integers(0, 2**32).map(lambda s: datetime.fromtimestamp(s, tz=UTC)),
        state=st.sampled_from(State),
        language=st.sampled_from(["fr", "en"]),
        admission=st.none() | st.uuids(),
        carried=st.dictionaries(st.text(max_size=10), st.text(max_size=40), max_size=3),
        vouched=st.booleans(),
    )
)
def test_any_visit_survives_the_way(visit: Visit) -> None:
    """Sign and read are each other's inverse."""
    assert read_visit(sign_visit(visit, KEY), KEY) == visit


@given(st.integers(min_value=0), st.integers(1, 255))
def test_a_changed_token_is_refused(position: int, change: int) -> None:
    """Any other octet anywhere breaks the signature."""
    token = bytearray(sign_visit(VISIT, KEY).encode())
    token[position % len(token)] ^= change
    altered = token.decode("latin-1")
    try:
        assert read_visit(altered, KEY) == VISIT
    except ProtocolError:
        return


@pytest.mark.parametrize("token", ["", ".", "a.b", "x" * 5000, "<script>", "\x00", "é.é"])
def test_what_is_not_a_token(token: str) -> None:
    """One reason for all, so that nothing is learnt from it."""
    with pytest.raises(ProtocolError, match="bad-visit"):
        read_visit(token, KEY)


def test_another_bases_token_is_refused() -> None:
    """The key is derived from this base's master key."""
    with pytest.raises(ProtocolError, match="bad-visit"):
        read_visit(sign_visit(VISIT, bytes(32)), KEY)


def test_a_signed_thing_that_is_no_visit() -> None:
    """Another form of a later or earlier version is not half-read."""
    signer = Signer(KEY, key_derivation="none", digest_method=sha256)
    others = (b"[]", b"{}", b"[1,1,1,1,1,1,1,1,1,1]", b'"text"', b"null", b"no JSON")
    for octets in (*map(zlib.compress, others), b"nothing packed"):
        token = signer.sign(base64_encode(octets)).decode()
        with pytest.raises(ProtocolError, match="bad-visit"):
            read_visit(token, KEY)


def test_a_visit_that_awaits_an_answer() -> None:
    """It carries what was asked; one that awaits already goes on where it stands."""
    asked = awaiting(VISIT, UUID(int=21))
    assert (asked.state, asked.challenge) == (State.IDENTIFIED, UUID(int=21))
    assert asked.expires_at == VISIT.expires_at
    assert awaiting(asked, UUID(int=21)) == asked


def test_a_visit_lasts_as_long_as_what_it_awaits() -> None:
    """A code asked for at the end of a visit is good for as long as its message says; a visit that
    lasts longer, or is lent, stays as it is."""
    late = VISIT.expires_at + timedelta(minutes=9, microseconds=7)
    asked = awaiting(VISIT, UUID(int=21), good_until=late)
    assert asked.expires_at == VISIT.expires_at + timedelta(minutes=9)
    assert awaiting(asked, UUID(int=21), good_until=NOON) == asked
    lent = awaiting(VISIT, UUID(int=21), NOON + timedelta(minutes=5))
    assert awaiting(lent, UUID(int=21), good_until=late) == lent


def test_a_visit_whose_guest_is_online_meanwhile() -> None:
    """It outlasts the loan, so that its guest can still answer; asked again, it stays lent."""
    ends = NOON + timedelta(minutes=5, microseconds=7)
    lent = awaiting(VISIT, UUID(int=21), ends)
    assert lent.state is State.LENT
    assert lent.expires_at == NOON + timedelta(minutes=15)
    assert awaiting(lent, UUID(int=21)) == lent


def test_a_visit_made_anew_from_what_was_lent() -> None:
    """Of the right's identifier; it has proven nothing, and is admitted to nothing."""
    admitted = replace(VISIT, state=State.ADMITTED)
    ends = NOON + timedelta(minutes=5)
    again = lent_again(admitted, "email_code", UUID(int=21), ends)
    assert (again.id, again.state, again.challenge) == (UUID(int=9), State.LENT, UUID(int=21))
    assert (again.admission, again.guest) == (None, None)
    assert again.expires_at == NOON + timedelta(minutes=15)
