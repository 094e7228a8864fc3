"""An SNMPv2c agent: a question in octets becomes its answer (RFC 3416 §4.2). Pure.

It knows GET and GETBULK, and one community; what it cannot read, or was not meant for it, gets no
answer. A walk that passes its last value is told so.
"""

import bisect

from simulation.snmp.ber import (
    END_OF_VIEW,
    INTEGER,
    NO_SUCH_INSTANCE,
    SEQUENCE,
    Arcs,
    arcs_in,
    element,
    identifier,
    names_in,
    number,
    tlv,
)

_GET, _GET_BULK, _RESPONSE = 0xA0, 0xA5, 0xA2
_MOST_REPETITIONS = 64

Rows = dict[Arcs, bytes]
"""Each value, encoded, by its OID."""


class Agent:
    """Answers from the same values until it is given others."""

    def __init__(self, values: Rows, community: bytes) -> None:
        self._community = community
        self._arcs = sorted(values)
        self._bindings = [tlv(SEQUENCE, identifier(arcs) + values[arcs]) for arcs in self._arcs]
        names = map(identifier, self._arcs)
        self._by_name = dict(zip(names, self._bindings, strict=True))

    def answer(self, question: bytes) -> bytes | None:
        """Return the response to a question of its community; None: it stays silent."""
        try:
            return self._answer(question)
        except (IndexError, ValueError):
            return None

    def _answer(self, question: bytes) -> bytes | None:
        _, message, _ = element(question, 0)
        _, _, place = element(message, 0)
        _, community, place = element(message, place)
        kind, pdu, _ = element(message, place)
        if community != self._community or kind not in (_GET, _GET_BULK):
            return None
        _, request, after = element(pdu, 0)
        _, _, after = element(pdu, after)
        _, repetitions, after = element(pdu, after)
        _, asked, _ = element(pdu, after)
        names = list(names_in(asked))
        if kind == _GET_BULK:
            most = min(int.from_bytes(repetitions), _MOST_REPETITIONS)
            bindings = self._following(names[0], most)
        else:
            bindings = b"".join(map(self._binding, names))
        head = tlv(INTEGER, request) + number(INTEGER, 0) + number(INTEGER, 0)
        response = tlv(_RESPONSE, head + tlv(SEQUENCE, bindings))
        return tlv(SEQUENCE, message[:place] + response)

    def _binding(self, name: bytes) -> bytes:
        return self._by_name.get(name) or tlv(SEQUENCE, name + NO_SUCH_INSTANCE)

    def _following(self, name: bytes, repetitions: int) -> bytes:
        first = bisect.bisect_right(self._arcs, arcs_in(name))
        found = self._bindings[first : first + repetitions]
        if len(found) < repetitions:
            found.append(tlv(SEQUENCE, name + END_OF_VIEW))
        return b"".join(found)
