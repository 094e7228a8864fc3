"""The load generator is worth what it notices: a small server by pyrad answers it, well or not.

pyrad shares no code with the generator's own wire format, so that both cannot be wrong alike.
"""

import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pyrad.dictionary import Dictionary
from pyrad.packet import AccessAccept, AccessReject, AcctPacket, AuthPacket

from tests.benchmarks.load import Load, Outcome, measure
from tests.benchmarks.wire import Status, Subscriber

SECRET = b"a secret of both"
SUBSCRIBERS = tuple(Subscriber(f"name{n}", f"a password of 26 octets {n}", n) for n in range(1, 9))
PASSWORDS = {each.user_name: each.password for each in SUBSCRIBERS}
DICTIONARY = Dictionary(str(Path(__file__).parent / "dictionary"))

Answer = Callable[[bytes], bytes | None]


def accept(octets: bytes) -> bytes:
    """Accept a request whose signature and password are right, refuse any other."""
    request = AuthPacket(secret=SECRET, dict=DICTIONARY, packet=octets)
    assert request.verify_message_authenticator()
    password = request.PwDecrypt(request["User-Password"][0])
    reply = request.CreateReply()
    reply.code = AccessAccept if password == PASSWORDS[request["User-Name"][0]] else AccessReject
    return bytes(reply.ReplyPacket())


class Ledger:
    """Answers accounting, and holds what each session reported."""

    def __init__(self) -> None:
        self.sessions: dict[str, list[int]] = {}

    def record(self, octets: bytes) -> bytes:
        """Take a record whose authenticator is right."""
        request = AcctPacket(secret=SECRET, dict=DICTIONARY, packet=octets)
        assert request.VerifyAcctRequest()
        reported = self.sessions.setdefault(request["Acct-Session-Id"][0], [])
        reported.append(request[40][0][-1])
        return bytes(request.CreateReply().ReplyPacket())


def every_tenth(then: Answer, otherwise: Answer) -> Answer:
    """An answer that goes another way once in ten."""
    turn = itertools.cycle([then, *[otherwise] * 9])

    def answer(octets: bytes) -> bytes | None:
        return next(turn)(octets)

    return answer


def the_first_time(answer: Answer, again: Answer) -> Answer:
    """An answer that goes another way once a request is seen again."""
    seen: set[bytes] = set()

    def either(octets: bytes) -> bytes | None:
        known = octets in seen
        seen.add(octets)
        return again(octets) if known else answer(octets)

    return either


def forged(octets: bytes) -> bytes:
    """A reply somebody altered on its way."""
    reply = accept(octets)
    return reply[:-1] + bytes((reply[-1] ^ 1,))


def refuse(octets: bytes) -> bytes:
    """A well-signed Access-Reject."""
    reply = AuthPacket(secret=SECRET, dict=DICTIONARY, packet=octets).CreateReply()
    reply.code = AccessReject
    return bytes(reply.ReplyPacket())


def silence(_: bytes) -> None:
    """Nothing at all."""


@contextmanager
def server(answer: Answer) -> Iterator[int]:
    """A UDP server on loopback; gives its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    octets, sender = listening.recvfrom(4096)
                except TimeoutError:
                    continue
                if reply := answer(octets):
                    listening.sendto(reply, sender)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            thread.join()


def run(answer: Answer, kind: str = "access", **changes: float) -> Outcome:
    """A short load against a server that answers so."""
    with server(answer) as port:
        options = {"outstanding": 8, "seconds": 0.4, "most": 40_000, "warm_up_seconds": 0.1}
        return measure(Load(kind, port, SECRET, SUBSCRIBERS, **(options | changes)))  # type: ignore[arg-type]


def test_good_answers_are_counted() -> None:
    """pyrad finds every signature and password right, and the generator every reply."""
    outcome = run(accept, seconds=2.0)
    assert outcome.complaint is None
    assert outcome.good == outcome.sent > 50
    assert 0 < outcome.p50_ms <= outcome.p95_ms <= outcome.p99_ms
    assert outcome.per_second == pytest.approx(outcome.window_replies / 2.0)


def test_records_of_a_session_come_in_order() -> None:
    """pyrad finds every record signed; a session goes Start, Interim, Stop, and no further."""
    ledger = Ledger()
    outcome = run(ledger.record, "accounting")
    assert outcome.complaint is None
    whole = [Status.START, Status.INTERIM, Status.STOP]
    assert all(whole[: len(seen)] == seen for seen in ledger.sessions.values())
    assert sum(map(len, ledger.sessions.values())) == outcome.good


def test_a_forged_reply_spoils_the_run() -> None:
    """A reply with a bit turned over is seen, and its request goes out again."""
    outcome = run(every_tenth(forged, accept), retransmit_seconds=0.05)
    assert outcome.faults["authenticator"] > 0
    assert outcome.complaint


def test_a_wrong_code_spoils_the_run() -> None:
    """A well-signed reject where an accept is due is no answer to count."""
    outcome = run(every_tenth(refuse, accept))
    assert outcome.faults["code 3"] > 0
    assert outcome.good + outcome.faults["code 3"] == outcome.sent


def test_a_dropped_request_goes_out_again() -> None:
    """What is answered at the second try is counted as retransmitted, not as lost."""
    outcome = run(the_first_time(every_tenth(silence, accept), accept), retransmit_seconds=0.5)
    assert outcome.retransmitted > 0
    assert (outcome.lost, outcome.complaint) == (0, None)


def test_a_silent_server_is_given_up() -> None:
    """Three tries, then lost; the run ends and says why its figures mean nothing."""
    outcome = run(silence, retransmit_seconds=0.05)
    assert outcome.good == 0
    assert outcome.lost >= 8
    assert outcome.complaint


def test_a_run_is_bound_in_count() -> None:
    """When the packets are used up the run ends before its time, and says so."""
    outcome = run(accept, most=80, seconds=30)
    assert outcome.ran_out
    assert 0 < outcome.good == outcome.sent <= 80
    assert outcome.complaint
