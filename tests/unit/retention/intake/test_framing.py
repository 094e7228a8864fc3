"""A stream of octets is cut into syslog messages, however it arrives."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.intake.framing import MOST_OCTETS, Deframer

LONG = b"<14>" + b"x" * MOST_OCTETS


def cut(stream: bytes, size: int = 1 << 20) -> tuple[list[bytes], list[str]]:
    """Return the messages of a stream that arrives in pieces, and its faults."""
    deframer = Deframer()
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    messages = [message for piece in pieces for message in deframer.feed(piece)]
    return messages, deframer.faults


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize(
    ("stream", "messages", "faults"),
    [
        (b"<14>one\n<14>two\r\n<14>torn", [b"<14>one", b"<14>two"], []),
        (b"7 <14>one7 <14>two9 <14>to", [b"<14>one", b"<14>two"], []),
        (b"8 <14>o\nne<14>two\n\n", [b"<14>o\nne", b"<14>two"], []),
        (b"0 <14>one\n<14>two\n", [b"<14>two"], ["framing"]),
        (b"12x <14>one\n<14>two\n", [b"<14>two"], ["framing"]),
        (b"1234567890123 <14>one\n7 <14>two", [b"<14>two"], ["framing"]),
        (LONG + b"\n<14>two\n", [b"<14>two"], ["oversized"]),
        (b"%d %s7 <14>two" % (len(LONG), LONG), [b"<14>two"], ["oversized"]),
    ],
)
def test_both_framings_are_read(
    stream: bytes, messages: list[bytes], faults: list[str], size: int
) -> None:
    """RFC 6587 §3.4: octet counting and line feeds; what is wrong is dropped up to the next."""
    assert cut(stream, size) == (messages, faults)


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=30), max_size=8), st.integers(1, 9))
def test_no_stream_breaks_it(pieces: list[bytes], size: int) -> None:
    """Whatever arrives, it goes on, and holds no more than one message."""
    messages, _ = cut(b"".join(pieces), size)
    assert all(len(message) <= MOST_OCTETS for message in messages)
