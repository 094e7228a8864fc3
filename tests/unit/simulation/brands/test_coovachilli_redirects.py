"""Which parameters a redirect carries, in each of a phone's situations."""

from datetime import UTC, datetime, timedelta

from simulation import subscriber as states
from simulation.brands import coovachilli_redirects as redirects
from simulation.brands.coovachilli_redirects import Circumstances
from simulation.configuration import GatewayConfiguration, RadiusServer
from simulation.subscriber import Rights, Subscriber
from tests.servers.recordings import steps

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
OPTIONS = GatewayConfiguration(
    "lab-chilli",
    "10.1.0.1",
    "http://10.9.0.1:8080/gateway/coovachilli",
    "uamkey",
    RadiusServer("testing123"),
)
PHONE = Subscriber(
    "8A-56-7E-F9-10-E4",
    "10.1.0.2",
    1,
    "179529824400000001",
    bytes.fromhex("2dc11413c9df8af115508a9627c13b98"),
    NOW,
    "http://198.51.100.10/page?a=1",
)


def names(phone: Subscriber, res: str, more: Circumstances) -> list[str]:
    """Return the names of the parameters that have a value."""
    return [n for n, v in redirects.parameters(OPTIONS, 3990, phone, res, more) if v]


def test_a_captured_phone_is_sent_where_the_real_gateway_sent_it() -> None:
    """Octet for octet, signature included."""
    assert redirects.location(OPTIONS, 3990, PHONE, "notyet") == steps()["captured"].location


def test_a_refused_phone_is_sent_where_the_real_gateway_sent_it() -> None:
    """With the reason, the server's words and the new challenge."""
    again = states.challenged(PHONE, bytes.fromhex("175b862ca9acc99c29b95a1446195107"), NOW)
    more = Circumstances(reason="reject", reply="Code refused")
    assert redirects.location(OPTIONS, 3990, again, "failed", more) == steps()["refused"].location


def test_success_and_already_carry_no_challenge() -> None:
    """Nothing is left to be proven."""
    for res in ("success", "already"):
        assert "challenge" not in names(PHONE, res, Circumstances(uid="u", timeleft=1))


def test_a_status_of_a_session_says_its_times() -> None:
    """starttime, sessiontime, sessiontimeout and stoptime come in an answer to /status only."""
    phone = states.admitted(PHONE, "opaque", Rights(session_seconds=3600), NOW)
    more = redirects.status_circumstances(phone, NOW + timedelta(seconds=60))
    told = dict(redirects.parameters(OPTIONS, 3990, phone, "already", more))
    start = int(NOW.timestamp())
    assert told["starttime"] == str(start)
    assert told["sessiontime"] == "60"
    assert told["sessiontimeout"] == "3600"
    assert told["stoptime"] == str(start + 3600)
    assert told["timeleft"] == "3540"
    assert told["uid"] == "opaque"


def test_a_status_without_a_session_says_no_times() -> None:
    """A captured phone has none."""
    assert "starttime" not in names(PHONE, "notyet", redirects.status_circumstances(PHONE, NOW))
