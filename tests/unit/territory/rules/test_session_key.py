"""A session's key: two sessions never share one, whatever stands on the border of its parts."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from territory.rules.session_key import session_key

NAS = UUID(bytes=bytes(range(16)))
DEVICE = bytes.fromhex("aabbccddeeff")

PARTS = st.tuples(
    st.uuids(),
    st.binary(max_size=253),
    st.binary(min_size=1, max_size=253),
    st.binary(min_size=6, max_size=6).filter(any),
)


def test_known_keys() -> None:
    """16 octets of the NAS, two lengths, the handle, the session, the device: by openssl md5."""
    assert session_key(NAS, b"ap", b"ABC", DEVICE).hex() == "8c8e15615de03109cb1502b464b8a460"
    assert session_key(NAS, b"ap", b"ABC", None).hex() == "05a0114629d24cff1d1e627e972d429c"


@given(PARTS, PARTS)
def test_different_sessions_have_different_keys(
    one: tuple[UUID, bytes, bytes, bytes], other: tuple[UUID, bytes, bytes, bytes]
) -> None:
    """A neighbour's record, which differs in any one part, never closes this session."""
    assert (session_key(*one) == session_key(*other)) is (one == other)


@given(st.binary(max_size=100), st.binary(min_size=1, max_size=100))
def test_a_handle_is_not_the_start_of_a_session(handle: bytes, session: bytes) -> None:
    """Handle "ap1" + "2" and "ap" + "12" are two sessions: each part's length is in the key."""
    moved = session_key(NAS, handle + session[:1], session[1:], DEVICE)
    assert session_key(NAS, handle, session, DEVICE) != moved
