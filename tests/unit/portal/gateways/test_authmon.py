"""What openNDS asks at levels 3 and 4, and what it is answered."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.gateways import authmon
from portal.gateways.authmon import (
    Action,
    Left,
    Poll,
    answer,
    gateway_hash,
    is_agent,
    read_poll,
)
from portal.gateways.opennds import return_hash, rights_of
from portal.gateways.query import parse_query
from portal.gateways.vocabulary import Allowance
from territory.errors import ProtocolError
from territory.identifiers import MacAddress
from tests.servers.opennds_recording import FASKEY, recorded

GATEWAY = "c8acb5650328a733da83cba2973f22f4ce07ed40a70032d7d84854ca35437c1c"
"""`printf mairie-bar | openssl sha256`, and in each recorded poll."""
AGENTS = ("clear", "view", "ack", "ack-none", "deauthed")
FIRST, SECOND = "ab" * 32, "cd" * 32


def poll(action: str, told: str = "none", **changes: str) -> dict[str, str]:
    """Return a poll's parameters, some of them changed."""
    encoded = base64.b64encode(told.encode()).decode()
    return {"auth_get": action, "gatewayhash": GATEWAY, "payload": encoded} | changes


def test_the_recorded_polls() -> None:
    """Each is read for what it is; the daemon's own words, twice decoded."""
    told = recorded()
    read = {name: read_poll(dict(parse_qsl(told[f"poll-{name}"]))) for name in AGENTS}
    assert read["clear"] == Poll(Action.CLEAR, GATEWAY)
    assert read["view"] == Poll(Action.VIEW, GATEWAY)
    hid = dict(p.split("=", 1) for p in told["list-3"].split(", ") if "=" in p)["hid"]
    assert read["ack"].acknowledged == (return_hash(hid, FASKEY),)
    assert read["ack-none"].acknowledged == ()
    left = read["deauthed"].left
    assert left == Left(
        token="b6a05e4e",
        device=MacAddress.parse("aa:4e:1a:de:6d:d8"),
        cause=1,
        download_octets=840,
        ended_at=datetime.fromtimestamp(1795324266, tz=UTC),
    )
    assert left.return_hash(FASKEY) == return_hash(hid, FASKEY)


def test_the_recorded_polls_of_level_4() -> None:
    """A query, not a form; what is told is the same."""
    told = recorded("10.3")
    read = {name: read_poll(parse_query(told[f"poll-{name}"].encode())) for name in AGENTS}
    assert read["clear"] == Poll(Action.CLEAR, GATEWAY)
    assert read["view"] == Poll(Action.VIEW, GATEWAY)
    hid = dict(p.split("=", 1) for p in told["list-4"].split(", ") if "=" in p)["hid"]
    assert read["ack"].acknowledged == (return_hash(hid, FASKEY),)
    assert read["ack-none"].acknowledged == ()
    left = read["deauthed"].left
    assert left == Left(
        token="9cd90f96",
        device=MacAddress.parse("22:08:de:4f:dc:5f"),
        cause=1,
        upload_octets=396,
        download_octets=553,
        ended_at=datetime.fromtimestamp(1795347461, tz=UTC),
    )
    assert left.return_hash(FASKEY) == return_hash(hid, FASKEY)


def test_how_it_calls_itself() -> None:
    """Level 4 adds quotation marks to what level 3 says."""
    agents = [recorded(release)[f"agent-{name}"] for release in ("9.10", "10.3") for name in AGENTS]
    assert {agent[0] for agent in agents} == {"o", '"'}
    assert all(map(is_agent, agents))
    assert not any(map(is_agent, ("", '""openNDS(', "curl/8", "Mozilla/5.0 openNDS(")))


def test_the_hash_of_a_name() -> None:
    """Of the name as openNDS percent-encodes it, in lower case."""
    assert gateway_hash("mairie-bar") == GATEWAY


@pytest.mark.parametrize(
    "written",
    [f"* {FIRST} {SECOND}", f"* {FIRST}\n{SECOND}\n", f"*\t{FIRST}\r\n  {SECOND} {FIRST}"],
)
def test_acknowledgements_are_split_on_any_white_space(written: str) -> None:
    """The daemon joins them with spaces, its example with newlines; each counts once."""
    assert read_poll(poll("view", written)).acknowledged == (FIRST, SECOND)


def test_an_answer_is_what_the_daemon_takes() -> None:
    """`*`, then each entry percent-encoded: hash, minutes, rates, volumes, custom."""
    text = answer([(FIRST, rights_of(Allowance(300, 4_000_000, 1_000_000, 2_000_000)))])
    assert text == f"* {FIRST}%205%201000%202000%204000%204000%20bmE%3D"
    assert unquote(text) == f"* {FIRST} 5 1000 2000 4000 4000 bmE="
    assert answer([]) == "*"


@given(st.integers(0, 40), st.integers(0, 10**9), st.integers(0, 10**15))
def test_an_answer_never_outgrows_the_gateway(clients: int, seconds: int, number: int) -> None:
    """At most four, the oldest, each whole, in 1 024 characters; a shell reads no more into it."""
    rights = rights_of(Allowance(seconds, number, number, number))
    waiting = [(f"{at:064x}", rights) for at in range(clients)]
    text = answer(waiting)
    entries = text.split()[1:]
    assert len(text[2:]) <= authmon.MOST_CHARACTERS
    assert [unquote(each).split()[0] for each in entries] == [t for t, _ in waiting[:4]]
    assert all(len(unquote(each).split()) == 7 for each in entries)
    assert set(text) <= set("0123456789abcdefbmE%CD* ")


@pytest.mark.parametrize(
    ("method", "cause"),
    [
        ("client_deauth", 1),
        ("idle_deauth", 4),
        ("timeout_deauth", 5),
        ("ndsctl_deauth", 6),
        ("shutdown_deauth", 7),
        ("upquota_deauth", 10),
        ("downquota_deauth", 10),
        ("something_new", 10),
    ],
)
def test_reasons_as_causes(method: str, cause: int) -> None:
    """RFC 2866 §5.10; what is not known is the gateway's own doing."""
    left = read_poll(poll("deauthed", notice(method=method))).left
    assert left is not None
    assert left.cause == cause


def notice(**changes: str | None) -> str:
    """Return a notice of leaving, some of it changed or left out."""
    values: dict[str, str | None] = {
        "method": "timeout_deauth",
        "clientmac": "8a:56:7e:f9:10:e4",
        "bytes_incoming": "5000000000",
        "bytes_outgoing": "7",
        "session_start": "1795324254",
        "session_end": "1795324266",
        "token": "b6a05e4e",
        "custom": "bmE%3d",
    }
    values |= changes
    return ", ".join(f"{name}={value}" for name, value in values.items() if value is not None)


def bad() -> Iterator[tuple[dict[str, str], str]]:
    """Yield polls that are refused, with the reason."""
    good = poll("view")
    yield {}, "missing-auth_get"
    for name in ("auth_get", "gatewayhash"):
        yield {key: value for key, value in good.items() if key != name}, f"missing-{name}"
        yield good | {name: ""}, f"missing-{name}"
    yield poll("shell"), "bad-action"
    yield poll("view", auth_get="x" * 100_000), "bad-action"
    yield poll("view", gatewayhash="' OR 1=1"), "bad-gatewayhash"
    yield poll("view", gatewayhash=GATEWAY.upper()), "bad-gatewayhash"
    yield poll("view", gatewayhash=GATEWAY * 2000), "bad-gatewayhash"
    yield poll("view", payload="%%%"), "bad-encoding"
    yield poll("view", payload=base64.b64encode(b"\xff\xfe").decode()), "bad-encoding"
    yield poll("view", payload="A" * 100_000), "oversized"
    yield poll("view", "<script>alert(1)</script>"), "bad-payload"
    yield poll("view", f"{FIRST} {SECOND}"), "bad-payload"
    yield poll("view", f"* {FIRST[:-1]}"), "bad-payload"
    yield poll("view", f"* {FIRST} $(reboot)"), "bad-payload"
    yield poll("view", "* " + " ".join(f"{at:064x}" for at in range(65))), "bad-payload"
    yield poll("deauthed", "none"), "missing-token"
    yield poll("deauthed", notice(token=None)), "missing-token"
    yield poll("deauthed", notice(token="<b>")), "bad-payload"
    yield poll("deauthed", notice(token="a" * 17)), "bad-payload"
    yield poll("deauthed", notice(clientmac=None)), "missing-clientmac"
    yield poll("deauthed", notice(clientmac="nobody")), "bad-device"
    yield poll("deauthed", notice(bytes_incoming="-1")), "bad-payload"
    yield poll("deauthed", notice(bytes_outgoing="1e9")), "bad-payload"
    yield poll("deauthed", notice(session_end="9" * 16)), "bad-payload"
    yield poll("deauthed", notice(session_end="9" * 15)), "bad-payload"
    yield poll("deauthed", notice(method="a\x00b")), "control-character"


@pytest.mark.parametrize(("parameters", "reason"), list(bad()))
def test_a_bad_poll_is_refused_with_a_stable_reason(
    parameters: dict[str, str], reason: str
) -> None:
    """Missing, oversized, ill-encoded, a script, a shell's word: none of it is acted on."""
    with pytest.raises(ProtocolError) as refused:
        read_poll(parameters)
    assert refused.value.reason == reason


def test_what_is_told_twice_counts_once() -> None:
    """The first of a name, as in a redirect."""
    left = read_poll(poll("deauthed", notice() + ", token=ffffffff, clientmac=x")).left
    assert left is not None
    assert left.token == "b6a05e4e"


@given(
    st.sampled_from([*Action, "x"]),
    st.text(max_size=70),
    st.one_of(st.binary(max_size=200).map(lambda o: base64.b64encode(o).decode()), st.text()),
)
def test_only_protocol_errors_come_out(action: str, digest: str, payload: str) -> None:
    """Whatever is posted."""
    for gateway in (digest, GATEWAY):
        try:
            read_poll({"auth_get": action, "gatewayhash": gateway, "payload": payload})
        except ProtocolError:
            continue
