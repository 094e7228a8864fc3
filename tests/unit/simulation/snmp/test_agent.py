"""The agent: what it answers, and when it stays silent."""

from hypothesis import given
from hypothesis import strategies as st

from simulation.snmp.agent import Agent
from simulation.snmp.ber import (
    END_OF_VIEW,
    INTEGER,
    NO_SUCH_INSTANCE,
    OCTETS,
    SEQUENCE,
    arcs_of,
    identifier,
    number,
    tlv,
)

VALUES = {
    arcs_of(f"1.3.6.1.2.1.2.2.1.3.{index}"): number(INTEGER, 5 + index) for index in (1, 2, 3)
}
AGENT = Agent(VALUES, b"lecture")
GET, GET_BULK, SET = 0xA0, 0xA5, 0xA3


def asked(kind: int, *oids: str, third: int = 0, community: bytes = b"lecture") -> bytes:
    """A question; its third number is GETBULK's repetitions (RFC 3416 §3)."""
    empty = b"\x05\x00"
    names = b"".join(tlv(SEQUENCE, identifier(arcs_of(oid)) + empty) for oid in oids)
    head = number(INTEGER, 4242) + number(INTEGER, 0) + number(INTEGER, third)
    pdu = tlv(kind, head + tlv(SEQUENCE, names))
    return tlv(SEQUENCE, number(INTEGER, 1) + tlv(OCTETS, community) + pdu)


def test_get() -> None:
    """A value, and of what it has not, that it has none; under the question's own number."""
    answer = AGENT.answer(asked(GET, "1.3.6.1.2.1.2.2.1.3.2", "1.3.6.1.2.1.2.2.1.3.9"))
    assert answer
    assert number(INTEGER, 4242) in answer
    assert answer.endswith(NO_SUCH_INSTANCE)
    assert identifier(arcs_of("1.3.6.1.2.1.2.2.1.3.2")) + number(INTEGER, 7) in answer


def test_get_bulk_goes_on_to_the_end() -> None:
    """What follows, in order, as often as asked; past the last value it says so."""
    answer = AGENT.answer(asked(GET_BULK, "1.3.6.1.2.1.2.2.1.3", third=2))
    assert answer
    assert answer.endswith(number(INTEGER, 7))
    answer = AGENT.answer(asked(GET_BULK, "1.3.6.1.2.1.2.2.1.3.2", third=9))
    assert answer
    assert number(INTEGER, 8) in answer
    assert answer.endswith(END_OF_VIEW)


def test_silence() -> None:
    """Another community, a SET, half a question: no answer."""
    whole = asked(GET, "1.3.6.1.2.1.2.2.1.3.1")
    assert AGENT.answer(whole)
    assert AGENT.answer(asked(GET, "1.3.6.1.2.1.2.2.1.3.1", community=b"private")) is None
    assert AGENT.answer(asked(SET, "1.3.6.1.2.1.2.2.1.3.1")) is None
    for length in range(len(whole)):
        assert AGENT.answer(whole[:length]) is None


@given(st.binary(max_size=80))
def test_no_question_breaks_it(question: bytes) -> None:
    """Whatever comes, it answers or stays silent."""
    AGENT.answer(question)
