"""What gateways tell, by every carrier, into the database: kept without a destination or a name."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pyarrow.compute as pc
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from structlog.testing import capture_logs

from retention.cases.late_ports import lead_to
from retention.cases.lookup import Outcome, find
from retention.cases.question import ask
from retention.intake.framing import MOST_OCTETS
from retention.intake.lines import read_line
from retention.intake.service import Intake, taking_in
from retention.intake.store import Store
from retention.intake.writer import Writer
from retention.manifests.chain import Chain
from retention.manifests.verify import verify_folder
from retention.sealing import facts, slices
from retention.sealing.archive import Places
from territory.errors import ProtocolError
from territory.settings.evidence import IntakeSettings
from tests.conftest import FixedClock
from tests.evidence import (
    COMMERCY,
    INTERIM,
    START,
    VERDUN,
    Evidence,
    Record,
    Session,
    at,
    opened,
    run_archive,
    visit,
)
from tests.servers.radsec import SITE_NAME, Papers
from tests.unit.retention.intake.test_ipfix import EVENT, message, of_set, session, template, u

NOW = at("2026-11-20 14:03")
NAME = "secrets.example"
SAMPLES = Path(__file__).parents[2] / "data/retention/translations.txt"
LINES = [
    block.splitlines()[1].encode()
    for block in SAMPLES.read_text().split("\n\n")
    if not block.startswith("#")
]
GOOD = next(line for line in LINES if b"[NEW] tcp      6 120 SYN_SENT src=10.1.0.20" in line)
ENDED_AFTER_DAYS = next(line for line in LINES if b"dport=40003" in line).replace(
    b"delta-time=32", b"delta-time=345600"
)
SECONDS = 90.0


async def until(so: Callable[[], bool]) -> None:
    """Wait for something that is on its way."""
    async with asyncio.timeout(SECONDS):
        while not so():  # noqa: ASYNC110 - a socket of the system tells nobody
            await asyncio.sleep(0.01)


class Watched:
    """A running intake, its figures, and what it writes."""

    def __init__(self, intake: Intake, registry: CollectorRegistry) -> None:
        self.intake = intake
        self.registry = registry

    def count(self, name: str, **labels: str) -> float:
        """Return a figure."""
        return self.registry.get_sample_value(f"socle_retention_intake_{name}", labels) or 0

    async def received(self, carrier: str, number: int) -> None:
        """Wait until so many messages have come, and no more."""
        await until(lambda: self.count("messages_total", carrier=carrier) >= number)
        assert self.count("messages_total", carrier=carrier) == number

    def faults(self, cause: str) -> float:
        """Return how often something was amiss."""
        return self.count("faults_total", cause=cause)

    @property
    def datagrams_seen(self) -> float:
        """How many datagrams of syslog were taken in, or dropped as too many."""
        return self.count("messages_total", carrier="udp") + self.faults("too-fast")

    def datagrams(self, carrier: str, *datagrams: bytes, sender: str = "127.0.0.1") -> None:
        """Send datagrams from an address of this machine."""
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as gateway:
            gateway.bind((sender, 0))
            for datagram in datagrams:
                gateway.sendto(datagram, ("127.0.0.1", self.intake.listeners.ports[carrier]))

    async def stream(self, carrier: str, octets: bytes, context: Any = None) -> None:
        """Send octets by a connection, and end it."""
        port = self.intake.listeners.ports[carrier]
        host = "radius.meuse.example" if context else None
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname=host
        )
        with suppress(OSError):  # a stranger is cut off
            writer.write(octets)
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    async def answered_to_nobody(self, context: ssl.SSLContext) -> bytes:
        """Send a line by TLS without a certificate; return what is answered."""
        reader, writer = await asyncio.open_connection(
            *("127.0.0.1", self.intake.listeners.ports["tls"]),
            ssl=context,
            server_hostname="radius.meuse.example",
        )
        with closing(writer):
            writer.write(GOOD)
            return await reader.read()


@pytest.fixture
async def described(evidence: Evidence) -> Evidence:
    """A site whose gateway tells from this machine, another whose gateway has a certificate."""
    owner = await asyncpg.connect(evidence.owner_url)
    change = "UPDATE territory.nas SET source_address = $2, tls_name = $3 WHERE id = $1"
    await owner.execute(change, VERDUN.nas_id, "127.0.0.1", None)
    await owner.execute(change, COMMERCY.nas_id, None, SITE_NAME)
    await owner.close()
    return evidence


@asynccontextmanager
async def running(
    evidence: Evidence, clock: FixedClock, papers: Papers, now: datetime = NOW, **changes: Any
) -> AsyncIterator[Watched]:
    """Run an intake on ports of the system's choice."""
    ports = ("syslog_udp_port", "syslog_tcp_port", "syslog_tls_port", "ipfix_port")
    settings = IntakeSettings(
        **{"host": "127.0.0.1", **dict.fromkeys(ports, 0)},
        certificate=papers.folder / "base.pem",
        key=papers.folder / "base.key",
        authorities=papers.folder / "authority.pem",
        **changes,
    )
    clock.instant = now
    registry = CollectorRegistry()
    async with taking_in(settings, evidence.retention_url, clock, registry) as intake:
        yield Watched(intake, registry)


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    """The base's certificate and its authority."""
    (tmp_path / "papers").mkdir()
    return Papers.make(tmp_path / "papers")


async def everything(evidence: Evidence) -> str:
    """Return all that the database holds, as text."""
    tables = await evidence.fetch(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    rows = [await evidence.fetch(f"SELECT t::text AS row FROM {t['name']} t") for t in tables]
    return "\n".join(row["row"] for table in rows for row in table)


def with_names(line: bytes) -> bytes:
    """Return a message with a name wherever a maker, a relay or a fault might put one."""
    for field in (b' url="http://%s/private"', b" query[A] %s", b' sni="%s"', b' msg="%s"'):
        line += field % NAME.encode()
    data = b' - [dns@1 q="%s"] ' % NAME.encode()  # structured data of RFC 5424
    whole = b" - - - " in line
    return line.replace(*((b" - - - ", b" - -" + data) if whole else (b" - - ", data)))


def tells(line: bytes) -> bool:
    """Whether a message tells a translation."""
    try:
        return read_line(line).translation is not None
    except ProtocolError:
        return False


def flows_with_names() -> list[bytes]:
    """Return IPFIX with names in unknown elements, makers' own, options and addresses."""
    name = bytes([len(NAME)]) + NAME.encode()
    fields = [(460, 0xFFFF), (0x8000 | 77, 0xFFFF), *EVENT, (461, len(NAME))]
    options = u(350, 2) + u(2, 2) + u(1, 2) + b"".join(u(n, 2) for n in (149, 4, 82, 0xFFFF))
    return [
        message(of_set(2, template(400, fields, 9)), of_set(3, options + b"\0\0")),
        message(of_set(400, name * 2 + session(4) + NAME.encode()), of_set(350, u(1, 4) + name)),
        message(of_set(999, name)),
        message(of_set(2, template(401, [(8, 0xFFFF), (225, 0xFFFF), (227, 2)]))),
        message(of_set(401, name * 2 + u(80, 2))),
        NAME.encode() * 4,
    ]


async def test_names_never_reach_the_disk(
    described: Evidence, clock: FixedClock, papers: Papers, tmp_path: Path
) -> None:
    """By each carrier and maker's form, whole and torn; database, logs and measures are searched.

    CPCE L34-1 VI: nothing of what was consulted. Nor is there where a connection went.
    """
    lines = [with_names(line) for line in LINES]
    torn = [line[: len(line) // 2] + NAME.encode() for line in lines]
    with capture_logs() as logs:
        async with running(described, clock, papers) as watched:
            watched.datagrams("udp", *lines, *torn)
            watched.datagrams("ipfix", *flows_with_names())
            await watched.stream("tcp", b"\n".join([*lines, *torn, NAME.encode(), b""]))
            context = papers.client(papers.site())
            await watched.stream("tls", b"".join(b"%d %s" % (len(x), x) for x in lines), context)
            sent = {"udp": len(lines) * 2, "tcp": len(lines) * 2 + 1, "tls": len(lines), "ipfix": 6}
            for carrier, number in sent.items():
                await watched.received(carrier, number)
        shown = generate_latest(watched.registry).decode()
        kept = watched.count("durable_total")
    rows = await described.fetch("SELECT * FROM source.translation")
    good = [sum(map(tells, told)) for told in (lines, torn)]
    assert len(rows) == kept == 3 * good[0] + 2 * good[1] + 1 > 30, "what may be kept is"
    assert {row["site_id"] for row in rows} == {VERDUN.site_id, COMMERCY.site_id}
    told = await everything(described) + repr(logs) + shown
    assert "198.51.100.9" in told
    for trace in (NAME, "private", "203.0.113.1", "203.0.113.160", "203.0.113.7"):
        assert trace not in told, trace
    ports = {row[name] for row in rows for name in ("port_first", "port_last")}
    assert not ports & {22, 53, 80, 443, 61881}
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or NAME.encode() not in path.read_bytes()


async def test_a_port_leads_to_one_device(
    described: Evidence, clock: FixedClock, papers: Papers
) -> None:
    """Two devices behind one public address: what the gateway told says whose the port was."""
    await described.days("2026-11-19", 3)
    phones = [Session(VERDUN, f"02:00:00:00:00:0{n}", f"10.1.0.2{n}", str(n)) for n in (0, 1)]
    for phone in phones:
        await described.record(phone, Record(START, at("2026-11-20 13:00")))
    async with running(described, clock, papers) as watched:
        watched.datagrams("udp", GOOD)
        await until(lambda: watched.count("translations_total", maker="conntrack") == 1)
    day = date(2026, 11, 20)
    async with (
        asyncpg.create_pool(described.retention_url, min_size=1, max_size=1) as pool,
        pool.acquire() as connection,
    ):
        found = slices.derive_source(
            await facts.load_source(connection, day),
            await facts.load_site_addresses(connection, day),
            day,
            await facts.load_ports(connection, day),
        )
        seen = await connection.fetch("SELECT site_id, last_at FROM live.translation_seen")
        await blocks_speak_from_when_they_are_in_force(described, connection)
    (row,) = found.filter(pc.is_valid(found["port_first"])).to_pylist()
    assert (row["device"], row["port_first"], row["protocol"]) == ("02:00:00:00:00:00", 40_002, 6)
    assert (row["public_address"], row["from"]) == ("198.51.100.9", NOW)
    assert found.num_rows == 3
    assert [tuple(each) for each in seen] == [(VERDUN.site_id, NOW)]


async def test_what_waited_for_days_is_a_supplement_of_its_day(
    described: Evidence,
    clock: FixedClock,
    papers: Papers,
    places: Places,
    identities: dict[str, str],
) -> None:
    """A gateway's queue of the 16th comes on the 20th, when that day is sealed: its port still
    leads to one of two devices. One that ended on the 20th and tells how long it lasted is told
    of the 16th as well. A line without its time is of its receipt."""
    await described.days("2026-11-16", 9)
    await described.public_address(VERDUN, "198.51.100.9", at("2026-11-16 00:00"))
    for n in (0, 1):
        phone = Session(VERDUN, f"02:00:00:00:00:0{n}", f"10.1.0.2{n}", str(n))
        await described.record(phone, *visit(at("2026-11-16 10:00"), 60))
    await run_archive(described.retention_url, places, at("2026-11-19 00:00"))
    waited = GOOD.replace(b"2026-11-20T10:15:32.5Z", b"2026-11-16T10:15:32.5Z")
    undated = GOOD.replace(b"2026-11-20T10:15:32.5Z", b"-").replace(b"40002", b"40009")
    async with running(described, clock, papers) as watched:
        await watched.stream("tcp", b"\n".join((waited, undated, ENDED_AFTER_DAYS, b"")))
        await watched.received("tcp", 3)
    kept = await described.fetch(
        "SELECT at, port_first FROM source.translation WHERE held_until IS NULL ORDER BY at"
    )
    assert [tuple(row) for row in kept] == [(at("2026-11-16 10:15:32.500"), 40_002), (NOW, 40_009)]
    await run_archive(described.retention_url, places, at("2026-11-21 00:00"))

    assert verify_folder(places.archive).is_whole
    slices_ = [
        (sealed.part, row)
        for day, sealed in Chain.read(places.archive).segments()
        if str(day) == "2026-11-16" and sealed.category == "source"
        for row in opened(places, identities, sealed.object).to_pylist()
        if row["public_address"] == "198.51.100.9"
    ]
    asked = {"public_address": "198.51.100.9", "port": 40_002, "protocol": "tcp"}
    question = ask(at("2026-11-21 09:00"), **asked, at="2026-11-16T10:15:32Z")
    own = [each for each in slices_ if not each[0]]
    before, after = (find(lead_to(rows, slices_), question) for rows in (own, slices_))
    assert (before.outcome, before.devices) == (Outcome.AMBIGUOUS, 2)
    assert (after.outcome, after.devices) == (Outcome.ONE, 1)
    assert after.attributions[0].device == "02:00:00:00:00:00"
    late = sorted(row["port_first"] for part, row in slices_ if part)
    assert late == [40_002, 40_003], "what is told without its time is no older day's"


async def blocks_speak_from_when_they_are_in_force(
    described: Evidence, connection: facts.Connection
) -> None:
    """Blocks described on Monday, installed on Thursday: no port is anybody's in between."""
    monday, thursday = at("2026-11-16 09:00"), at("2026-11-19 15:00")
    await described.fetch(
        "INSERT INTO territory.port_blocks (id, site_id, first_address, last_address, ports,"
        " first_port, last_port, valid_from) VALUES"
        " (gen_random_uuid(), $1, '10.1.0.10', '10.1.0.20', 256, 1024, 65535, $2)",
        *(COMMERCY.site_id, monday),
    )
    for told, last_without in ((None, 20), (monday - timedelta(days=1), 20), (thursday, 18)):
        await described.fetch("UPDATE territory.port_blocks SET in_force_since = $1", told)
        for day in range(16, 21):
            known = await facts.load_ports(connection, date(2026, 11, day))
            since = known.blocks["since"].to_pylist()
            assert since == ([] if day <= last_without else [thursday])


async def test_whatever_comes_is_named_and_nothing_ends_it(
    described: Evidence, clock: FixedClock, papers: Papers
) -> None:
    """Strangers, floods, what is too long, torn or no syslog; then it still takes what is told."""
    async with running(described, clock, papers, messages_a_second=40) as watched:
        door = watched.intake.door
        watched.datagrams("udp", GOOD, sender="127.0.0.3")
        watched.datagrams("udp", b"", b"\xff" * 10, b"<14>" + b"x" * MOST_OCTETS)
        watched.datagrams("ipfix", b"\0", message(of_set(999, b"1")), message(b"\1"))
        await until(lambda: watched.faults("ipfix-set-length") == 1)
        causes = {"priority": 2, "not-utf8": 1, "oversized": 1, "unknown-sender": 1}
        causes |= {"ipfix-cut": 1, "ipfix-unknown-set": 1}
        await until(lambda: {cause: watched.faults(cause) for cause in causes} == causes)
        watched.datagrams("udp", *[GOOD] * 200)
        await until(lambda: watched.datagrams_seen == 203)
        assert watched.faults("too-fast") > 0

        stranger = papers.client(papers.site("stranger.example"))
        await watched.stream("tls", GOOD, stranger)
        await until(lambda: watched.faults("unknown-sender") == 2)
        with suppress(OSError):  # it is told by an alert, or by a connection that ends
            assert await watched.answered_to_nobody(papers.client(None)) == b""
        assert watched.count("messages_total", carrier="tls") == 0
        told = watched.count("translations_total", maker="conntrack")
        await watched.stream("tcp", b"12x junk\n" + GOOD + b"\n" + b"9" * 30)
        await until(lambda: watched.count("translations_total", maker="conntrack") == told + 1)
        assert watched.faults("framing") == 2
        assert not door.rows.full()


async def test_a_batch_is_forgotten_once_it_is_durable(
    described: Evidence, clock: FixedClock, papers: Papers
) -> None:
    """The database away: datagrams beyond the bound are counted. Back: what waited is kept. A
    restart of the same day goes on with what the site has told, and no further."""
    async with running(described, clock, papers, waiting=1_000) as watched:
        intake = watched.intake
        away = Store("postgresql://socle_retention@127.0.0.1:1/none")
        writer = Writer(intake.door, away, clock)
        for _ in range(1_005):
            intake.door.datagram("udp", GOOD, "127.0.0.1")
        assert watched.faults("queue-full") == 5
        await writer.finish()
        assert (watched.count("waiting"), watched.count("failing")) == (1_000, 1)
        writer.store = intake.store
        await writer.finish()
        assert (watched.count("waiting"), watched.count("failing")) == (0, 0)
        assert watched.count("durable_total") == 1_000
    (held,) = await described.fetch("SELECT count(*) AS rows FROM source.translation")
    assert held["rows"] == 1_000
    later = NOW + timedelta(minutes=1)
    async with running(described, clock, papers, later, translations_a_day=1_001) as watched:
        watched.datagrams("udp", GOOD, GOOD)
        await watched.received("udp", 2)
        assert watched.faults("too-many") == 1
        site = {"site": VERDUN.code}
        assert watched.count("cut_total", cause="too-many", **site) == 1
        await until(lambda: watched.count("waiting") == 0)
        await alerts_have_their_measures(described, clock, papers, watched)


async def test_a_count_that_cannot_be_had_leaves_nobody_unheard(
    described: Evidence, clock: FixedClock, papers: Papers
) -> None:
    """The day's ration then begins anew; what gateways tell is taken in all the same."""
    await described.days("2026-11-16", 9)
    await described.fetch("REVOKE SELECT ON source.translation FROM socle_retention")
    async with running(described, clock, papers) as watched:
        await watched.stream("tcp", GOOD + b"\n")
        await watched.received("tcp", 1)
    kept = await described.fetch("SELECT FROM source.translation")
    assert len(kept) == 1


async def alerts_have_their_measures(
    described: Evidence, clock: FixedClock, papers: Papers, watched: Watched
) -> None:
    """A gateway that told and is silent while a guest is online; a certificate that is none."""
    phone = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.20")
    told, intake = clock.now(), watched.intake
    for hours, is_silent in ((0.9, 0), (1.1, 1)):
        seen = told + timedelta(hours=hours)
        await described.record(phone, Record(INTERIM, seen, session_seconds=1_800))
        await intake.look()
        assert watched.count("silent", site=VERDUN.code) == is_silent
    assert [watched.count("deaf", carrier=each) for each in intake.listeners.ports] == [0] * 4
    (papers.folder / "base.pem").write_text("no certificate")
    await intake.refresh()
    assert watched.count("deaf", carrier="tls") == 1
    assert watched.count("deaf", carrier="udp") == 0
