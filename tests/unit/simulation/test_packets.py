"""RADIUS as the simulated gateway writes and reads it, against a real gateway's packets."""

from datetime import UTC, datetime

import pytest

from simulation import packets
from simulation.brands.coovachilli_radius import CoovaChilliWords
from simulation.credentials import Chap, Credential, Pap
from simulation.packets import Nas, Report, StatusType
from simulation.subscriber import Counters, Online, Rights, Subscriber, TerminateCause
from tests.servers import recordings

NAS = Nas(
    "lab-chilli", "10.1.0.1", "02-00-00-00-00-10", "http://10.1.0.1:3990/logoff", b"testing123"
)
WORDS = CoovaChilliWords()
ACCESS = recordings.packets("access-request")
ACCESS_REPLIES = recordings.packets("access-reply")
ACCOUNTING = recordings.packets("accounting-request")
ACCOUNTING_REPLIES = recordings.packets("accounting-response")
ORDERS = recordings.packets("disconnect-request")
ORDER_REPLIES = recordings.packets("disconnect-reply")
CLASS = Rights(session_class=(b"class1",))


def phone(session: str) -> Subscriber:
    """Return the recorded phone."""
    return Subscriber("8A-56-7E-F9-10-E4", "10.1.0.2", 1, session)


def instant(second: int) -> datetime:
    """Return a time from its Event-Timestamp."""
    return datetime.fromtimestamp(second, UTC)


def recorded_chap(octets: bytes) -> Chap:
    """Return the CHAP attributes of a recorded Access-Request."""
    challenge = octets[octets.index(b"\x3c\x12") + 2 :][:16]
    return Chap(0, octets[octets.index(b"\x03\x13\x00") + 3 :][:16], challenge)


def rebuilt(octets: bytes, session: str, user_name: str, credential: Credential) -> packets.Request:
    """Return the same Access-Request, with the recorded authenticator and identifier."""
    authenticator = octets[4:20]
    request = WORDS.access_request(NAS, phone(session), user_name, credential, authenticator)
    request.packet.id = octets[1]
    return packets.Request(request.packet, request.packet.RequestPacket(), WORDS.rights)


REBUILT = [
    rebuilt(ACCESS[0], "179529824400000001", "bad-one", recorded_chap(ACCESS[0])),
    rebuilt(ACCESS[1], "179529825800000001", "opaque-7f3a", recorded_chap(ACCESS[1])),
    rebuilt(ACCESS[2], "179529832200000001", "opaque-9b1c", Pap(b"one-shot-secret")),
]


@pytest.mark.parametrize("number", range(3), ids=["refused", "chap", "pap"])
def test_access_request_is_the_recorded_one_octet_for_octet(number: int) -> None:
    """Same attributes, values and order, Message-Authenticator last."""
    assert REBUILT[number].octets == ACCESS[number]


def test_accounting_on_and_off_are_the_recorded_ones() -> None:
    """What a gateway says when it starts and stops."""
    on = Report(StatusType.ACCOUNTING_ON, instant(0x6B0213C3), 0)
    off = Report(StatusType.ACCOUNTING_OFF, instant(0x6B021414), 6)
    assert WORDS.nas_report(NAS, on).octets == ACCOUNTING[0]
    assert WORDS.nas_report(NAS, off).octets == ACCOUNTING[-1]


@pytest.mark.parametrize(
    ("number", "report", "counters"),
    [
        (1, Report(StatusType.START, instant(0x6B0213D2), 1), Counters()),
        (2, Report(StatusType.INTERIM_UPDATE, instant(0x6B02140E), 2), Counters(515, 449, 6, 7)),
        (
            3,
            Report(StatusType.STOP, instant(0x6B021411), 3, TerminateCause.USER_REQUEST),
            Counters(515, 449, 6, 7),
        ),
    ],
    ids=["start", "interim", "stop"],
)
def test_session_reports_are_the_recorded_ones(
    number: int, report: Report, counters: Counters
) -> None:
    """Start, Interim-Update and Stop of the recorded session."""
    since = instant(0x6B0213D2)
    online = Online("opaque-7f3a", CLASS, since, since, since, counters)
    request = WORDS.session_report(NAS, phone("179529825800000001"), online, report)
    assert request.octets == ACCOUNTING[number]


def test_more_than_four_gibibytes_go_into_gigawords() -> None:
    """RFC 2869 §5.1: counters are 64 bits in two attributes."""
    since = instant(0)
    online = Online("u", CLASS, since, since, since, Counters((3 << 32) + 5, (1 << 32) + 7))
    report = Report(StatusType.STOP, since, 0, TerminateCause.USER_REQUEST)
    described = dict(WORDS.session_report(NAS, phone("1"), online, report).packet.items())
    assert [described[number][0][-1] for number in (42, 52, 43, 53)] == [5, 3, 7, 1]


def test_recorded_replies_are_believed() -> None:
    """Accepted or refused, with the rights they carry."""
    refused = packets.read_reply(REBUILT[0], ACCESS_REPLIES[0])
    accepted = packets.read_reply(REBUILT[1], ACCESS_REPLIES[1])
    assert refused is not None
    assert not refused.accepted
    assert refused.rights.reply_message == "Code refused"
    assert accepted is not None
    assert accepted.accepted
    assert accepted.rights == Rights(
        session_seconds=3600, idle_seconds=600, interim_seconds=60, session_class=(b"class1",)
    )


def test_a_reply_to_another_request_is_ignored() -> None:
    """Identifier and authenticators pair a reply with its request."""
    assert packets.read_reply(REBUILT[1], ACCESS_REPLIES[0]) is None
    assert packets.read_reply(REBUILT[2], ACCESS_REPLIES[1]) is None


@pytest.mark.parametrize("place", [0, 2, 5, 19, 22, 40, 47, 63])
def test_a_forged_reply_is_ignored(place: int) -> None:
    """One bit anywhere, and the authenticator no longer holds."""
    forged = bytearray(ACCESS_REPLIES[1])
    forged[place] ^= 1
    assert packets.read_reply(REBUILT[1], bytes(forged)) is None


def test_a_truncated_reply_is_ignored() -> None:
    """Never an error, at whatever length."""
    for length in range(len(ACCESS_REPLIES[1])):
        assert packets.read_reply(REBUILT[1], ACCESS_REPLIES[1][:length]) is None


def test_a_wrong_accounting_response_is_ignored() -> None:
    """An Accounting-Response is as authentic as its Response Authenticator (RFC 2866 §3)."""
    on = WORDS.nas_report(NAS, Report(StatusType.ACCOUNTING_ON, instant(0x6B0213C3), 0))
    assert packets.read_reply(on, ACCOUNTING_REPLIES[0]) is not None
    assert packets.read_reply(on, ACCOUNTING_REPLIES[1]) is None


@pytest.mark.parametrize(("number", "done"), [(0, True), (1, False)], ids=["ack", "nak"])
def test_recorded_orders_are_answered_as_recorded(number: int, done: bool) -> None:
    """A bare ACK or NAK (RFC 5176 §3)."""
    order = packets.read_order(ORDERS[number], b"testing123")
    assert order is not None
    assert packets.answer_order(order, done=done) == ORDER_REPLIES[number]


def test_an_order_with_the_wrong_secret_is_not_read() -> None:
    """Whoever does not share the secret gives no orders."""
    assert packets.read_order(ORDERS[0], b"other") is None


def test_a_description_shows_no_password() -> None:
    """What the demo shows may be read by anyone."""
    for request in REBUILT:
        described = dict(packets.describe(request.packet))
        hidden = {"User-Password", "CHAP-Password", "CHAP-Challenge"} & described.keys()
        assert hidden
        assert {described[name] for name in hidden} == {"(hidden)"}
        assert described["User-Name"]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"WISPr-Bandwidth-Max-Up": 2_000_000}, Rights(upload_bps=2_000_000)),
        (
            {"WISPr-Bandwidth-Max-Down": 1, "CoovaChilli-Bandwidth-Max-Down": 512},
            Rights(download_bps=512_000),
        ),
        ({"CoovaChilli-Max-Total-Octets": 5}, Rights(total_octets=5)),
        (
            {"CoovaChilli-Max-Input-Octets": 5, "CoovaChilli-Max-Input-Gigawords": 2},
            Rights(upload_octets=(2 << 32) + 5),
        ),
        (
            {"WISPr-Session-Terminate-Time": "2026-11-21T18:00:00+01:00"},
            Rights(ends_at=datetime(2026, 11, 21, 17, tzinfo=UTC)),
        ),
        ({"WISPr-Redirection-URL": "http://h.test/"}, Rights(redirection_url="http://h.test/")),
    ],
)
def test_rights_are_read_in_their_units(attributes: dict[str, object], expected: Rights) -> None:
    """WISPr counts in bit/s, CoovaChilli in kbit/s and goes first; quotas have gigawords."""
    answer = REBUILT[1].packet.CreateReply()
    for name, value in attributes.items():
        answer[name] = value
    reply = packets.read_reply(REBUILT[1], answer.ReplyPacket())
    assert reply is not None
    assert reply.rights == expected
