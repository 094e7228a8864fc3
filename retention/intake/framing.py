"""Cuts a stream of octets into syslog messages: RFC 6587, and RFC 5425 within TLS. Pure.

A sender counts octets (`123 <14>1 ...`) or ends each message by a line feed; the first octet of
each message tells which: a digit counts, `<` begins one that ends by a line feed. What is longer
than allowed is dropped up to where the next message begins, and named.
"""

from collections.abc import Iterator
from typing import Final

MOST_OCTETS: Final = 8_192
"""Of one message: RFC 5425 §4.3.1 asks for 2 048, and for 8 192 where one can."""
_DIGITS: Final = b"0123456789"
_MOST_DIGITS: Final = 9


class Deframer:
    """The messages of one connection; what is wrong with them is counted in `faults`."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._skip = 0
        """Octets of a counted message that is too long, still to come."""
        self._to_next_line = False
        self.faults: list[str] = []
        """Causes, since it was last emptied."""

    def feed(self, octets: bytes) -> Iterator[bytes]:
        """Yield the messages that are whole now."""
        self._held += octets
        while True:
            if self._skip:
                dropped = min(self._skip, len(self._held))
                del self._held[:dropped]
                self._skip -= dropped
            if self._skip or not self._held:
                return
            message = self._counted() if self._is_counted() else self._line()
            if message is None:
                return
            if message:
                yield message

    def _is_counted(self) -> bool:
        return self._held[0] in _DIGITS and not self._to_next_line

    def _counted(self) -> bytes | None:
        """Return the next counted message; empty: dropped; None: not whole yet."""
        blank = self._held.find(b" ", 0, _MOST_DIGITS + 1)
        digits = bytes(self._held[:blank]) if blank > 0 else b""
        if blank < 0 and len(self._held) <= _MOST_DIGITS and self._held.isdigit():
            return None
        if not digits.isdigit() or digits.startswith(b"0"):
            self.faults.append("framing")
            return self._line(keep=False)
        length = int(digits)
        if length > MOST_OCTETS:
            self.faults.append("oversized")
            del self._held[: blank + 1]
            self._skip = length
            return b""
        end = blank + 1 + length
        if len(self._held) < end:
            return None
        message = bytes(self._held[blank + 1 : end])
        del self._held[:end]
        return message

    def _line(self, *, keep: bool = True) -> bytes | None:
        """Return the next line; empty: dropped; None: not whole yet."""
        self._to_next_line = self._to_next_line or not keep
        end = self._held.find(b"\n")
        if end < 0:
            if len(self._held) > MOST_OCTETS:
                if not self._to_next_line:
                    self.faults.append("oversized")
                self._to_next_line = True
                # One octet stays, that is no digit: what follows is still of this line.
                self._held[:] = b"\r"
            return None
        line = bytes(self._held[:end])
        del self._held[: end + 1]
        if self._to_next_line or len(line) > MOST_OCTETS:
            if not self._to_next_line:
                self.faults.append("oversized")
            self._to_next_line = False
            return b""
        return line.rstrip(b"\r")
