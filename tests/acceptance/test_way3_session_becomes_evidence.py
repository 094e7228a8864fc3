"""Way 3: sessions told by RADIUS -> sealed day -> verified by others' tools -> case -> answer.

Two town halls with the same private range, four phones, two custodians on two machines. `age` and
`openssl` (Debian's) stand for the expert of a court, who has none of our code.
"""

import hashlib
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from retention.cases.answer import SIGNER
from retention.cases.prepare import Order, Preparer, prepare_case, write_case
from retention.cases.question import ask, require
from retention.cases.receipt import Done, read_receipt
from retention.keys.key_register import KeyRegister
from retention.manifests.chain import MANIFESTS, PUBLIC_KEY, Chain, segment_path
from retention.manifests.signing import SigningKey
from retention.sealing.archive import Places
from socle.commands.archive import archive as archive_commands
from socle.commands.case import case as case_commands
from socle.commands.custodian import IDENTITY, SIGNING
from socle.commands.custodian import custodian as custodian_commands
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.keyring import Keyring
from tests.conftest import FixedClock
from tests.evidence import CUSTODIANS, Evidence, at, places_in, run_archive
from tests.servers.radius import Nas, grant, report, running_radius
from tests.servers.territory import SitePlan, lay

VERDUN, COMMERCY = "192.0.2.10", "192.0.2.20"
PHONE_AT_VERDUN = "02-00-00-00-00-0A"
PHONE_AT_COMMERCY = "AC-DE-48-00-00-0B"
FIRST_OF_TWO, SECOND_OF_TWO = "02-00-00-00-00-0C", "02-00-00-00-00-0D"
START, STOP = 1, 2

run = CliRunner()


@dataclass(frozen=True, slots=True)
class World:
    """A sealed day, and what it takes to ask about it."""

    url: str
    places: Places
    machines: dict[str, Path]
    """Each custodian's own folder."""
    role_url: Callable[[Component], str]

    async def case(self, at_: str, address: str = VERDUN, port: int | None = 40112) -> Path:
        """Prepare a case as the desk does; return its file, on the first custodian's machine."""
        question = ask(
            at("2026-11-21 09:00"),
            public_address=address,
            port=port,
            at=at_,
        )
        act = require(reference="PV 2026/1234", legal_ground="CPP 77-1-1")
        engine = open_engine(self.role_url(Component.DESK))
        try:
            order = Order(act, (question,), CUSTODIANS, Preparer("test"))
            made = await prepare_case(engine, self.places, order, at("2026-11-21 09:00"))
        finally:
            await engine.dispose()
        path = self.machines[CUSTODIANS[0]] / made.name
        with path.open("wb") as tar:
            write_case(self.places, made.file, tar)
        return path

    def answer(self, case: Path) -> dict[str, Any]:
        """Let the case travel through both custodians' machines; return the signed answer."""
        first, second = (self.machines[login] for login in CUSTODIANS)
        travelling = second / f"{case.stem}.opened.tar"
        paper = ["--archive-key", SigningKey.read(self.places.signing_key).public.fingerprint]
        arguments = ["open", str(case), "--key", str(first / IDENTITY), "--output", str(travelling)]
        signing = ["--signing-key", str(first / SIGNING)]
        opened = run.invoke(case_commands, [*arguments, *paper, *signing])
        assert opened.exit_code == 0
        assert brought_back(opened.stdout, first, Done.OPENED) == digest_of(travelling)
        folder = second / f"answer-{case.stem}"
        keys = ["--key", str(second / IDENTITY), "--signing-key", str(second / SIGNING)]
        done = run.invoke(
            case_commands, ["answer", str(travelling), *keys, *paper, "--output", str(folder)]
        )
        assert done.exit_code == 0, done.output
        answered = brought_back(done.stdout, second, Done.ANSWERED)
        assert answered == digest_of(folder / "reponse.json")
        content: dict[str, Any] = json.loads((folder / "reponse.json").read_text())
        (reply,) = content["answers"]
        return {**content, **reply, "statements": [*content["statements"], *reply["statements"]]}


def brought_back(printed: str, machine: Path, done: Done) -> str:
    """Return the digest in the signed line that a command printed last, for the desk."""
    key = SigningKey.read(machine / SIGNING).public.base64
    receipt = read_receipt(printed.splitlines()[-1], key)
    assert receipt
    assert receipt.done is done
    return receipt.sha256


def digest_of(file: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture
def machines(tmp_path: Path) -> dict[str, Path]:
    """Two custodians make their keys, each on their own machine."""
    folders = {login: tmp_path / login.partition(".")[0] for login in CUSTODIANS}
    for folder in folders.values():
        folder.mkdir()
        assert run.invoke(custodian_commands, ["keygen", str(folder)]).exit_code == 0
    return folders


@pytest.fixture
async def world(
    database_url: str,
    role_url: Callable[[Component], str],
    keyring: Keyring,
    clock: FixedClock,
    machines: dict[str, Path],
    tmp_path: Path,
) -> World:
    """A day of real RADIUS packets at two sites, sealed on its third morning."""
    sites = [
        SitePlan("verdun-mairie", "coovachilli", "10.1.0.1:3990", "http://p", "127.0.0.11"),
        SitePlan("commercy-mairie", "coovachilli", "10.1.0.1:3990", "http://p", "127.0.0.12"),
    ]
    identifiers = await lay(database_url, keyring, sites)
    evidence = Evidence(database_url)
    connection = await asyncpg.connect(database_url)
    for (_, site_id), address in zip(identifiers.items(), (VERDUN, COMMERCY), strict=True):
        await connection.execute(
            "INSERT INTO source.site_public_address VALUES ($1, $2, $3, $4, NULL)",
            *(uuid4(), site_id, address, at("2026-01-01 00:00")),
        )
    await connection.close()
    for login, folder in machines.items():
        public = (folder / IDENTITY).read_text().splitlines()[0].removeprefix("# public key: ")
        await evidence.custodian(login, public, SigningKey.read(folder / SIGNING).public.base64)

    async with running_radius(role_url(Component.RADIUS), keyring, clock) as server:
        port = server.port("accounting")
        async with (
            Nas(port, address="127.0.0.11") as verdun,
            Nas(port, address="127.0.0.12") as commercy,
        ):
            await verdun.until_answered()
            await commercy.until_answered()
            told = [
                (verdun, "verdun-mairie", PHONE_AT_VERDUN, "10:00", 30),
                (commercy, "commercy-mairie", PHONE_AT_COMMERCY, "10:00", 30),
                (verdun, "verdun-mairie", FIRST_OF_TWO, "11:00", 30),
                (verdun, "verdun-mairie", SECOND_OF_TWO, "11:10", 10),
            ]
            for nas, site, device, begins, minutes in told:
                clock.instant = at(f"2026-11-17 {begins}")
                guest = await grant(database_url, keyring, identifiers[site], clock.now())
                seconds = minutes * 60
                start = report(START, device, guest, device)
                assert (await nas.ask(nas.accounting_request(start))).code == 5
                clock.advance(seconds=seconds)
                stop = report(STOP, device, guest, device, seconds=seconds, cause=1)
                assert (await nas.ask(nas.accounting_request(stop))).code == 5

    places = places_in(tmp_path / "server")
    await run_archive(role_url(Component.RETENTION), places, at("2026-11-20 00:05"))
    return World(database_url, places, machines, role_url)


def found(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the sites and devices an answer names."""
    return [(each["site"], each["device"]) for each in answer["attributions"]]


async def test_a_case_finds_exactly_that_device_at_that_site(world: World) -> None:
    """One private address at two sites: the public address says which device it was."""
    at_verdun = world.answer(await world.case("2026-11-17T11:15:00+01:00"))
    at_commercy = world.answer(await world.case("2026-11-17T10:15:00Z", COMMERCY))

    assert at_verdun["outcome"] == at_commercy["outcome"] == "one device"
    assert found(at_verdun) == [("verdun-mairie", "02:00:00:00:00:0a")]
    assert found(at_commercy) == [("commercy-mairie", "ac:de:48:00:00:0b")]
    assert at_verdun["attributions"][0]["address"] == "10.1.0.2"
    assert at_verdun["attributions"][0]["device_is_random"] is True
    assert at_commercy["attributions"][0]["device_is_random"] is False


@pytest.mark.parametrize("moment", ["09:59:00", "10:30:00", "10:31:00"])
async def test_nothing_for_the_minute_before_it_began_or_after_it_ended(
    world: World, moment: str
) -> None:
    """An instant outside [from, until) is nobody's, and that is a signed answer."""
    answer = world.answer(await world.case(f"2026-11-17T{moment}Z"))

    assert answer["outcome"] == "nothing found"
    assert answer["attributions"] == []
    assert answer["complete"] is True


async def test_two_devices_that_nothing_tells_apart_are_both_named(world: World) -> None:
    """Without port blocks two devices behind one address are ambiguous: n, all listed."""
    answer = world.answer(await world.case("2026-11-17T11:15:00Z"))

    assert (answer["outcome"], answer["devices"]) == ("ambiguous", 2)
    assert {device for _, device in found(answer)} == {"02:00:00:00:00:0c", "02:00:00:00:00:0d"}


async def test_a_day_that_is_not_sealed_yet_is_said_to_be(world: World) -> None:
    """Live days cannot be opened: the answer says so instead of `nothing`."""
    answer = world.answer(await world.case("2026-11-20T10:15:00Z"))

    assert answer["complete"] is False
    day = {"day": "2026-11-20", "state": "not sealed yet", "category": "source"}
    assert answer["days"] == [day]
    assert "not_sealed_yet" in {statement["code"] for statement in answer["statements"]}


async def test_an_answer_holds_nothing_that_was_not_asked(world: World) -> None:
    """No other device of the day, no volume, no duration leaves the opened segment."""
    answer = json.dumps(world.answer(await world.case("2026-11-17T10:15:00Z")))

    for other in (PHONE_AT_COMMERCY, FIRST_OF_TWO, SECOND_OF_TWO):
        assert other.replace("-", ":").lower() not in answer
    assert "octets" not in answer


async def test_one_custodian_alone_reads_nothing(world: World) -> None:
    """The first cannot answer, the second cannot open: each layer is the other's."""
    case = await world.case("2026-11-17T10:15:00Z")
    first, second = (world.machines[login] for login in CUSTODIANS)
    keys = ["--key", str(first / IDENTITY), "--signing-key", str(first / SIGNING)]
    opened = first / "opened.tar"

    answered_closed = run.invoke(case_commands, ["answer", str(case), *keys])
    opened_by_second = run.invoke(
        case_commands, ["open", str(case), "--key", str(second / IDENTITY)]
    )
    run.invoke(
        case_commands, ["open", str(case), "--key", str(first / IDENTITY), "--output", str(opened)]
    )
    answered_by_first = run.invoke(case_commands, ["answer", str(opened), *keys])

    assert "case open" in str(answered_closed.exception)
    assert CUSTODIANS[0] in str(opened_by_second.exception)
    assert CUSTODIANS[1] in str(answered_by_first.exception)


# --- What others can check without our code -------------------------------------------------------


def tool(*command: object, content: bytes = b"") -> bytes:
    """Run one of Debian's tools; return what it wrote."""
    done = subprocess.run(
        [str(c) for c in command], input=content, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


async def test_openssl_checks_the_chain(world: World) -> None:
    """Every manifest's signature and its link to the one before, by openssl and SHA-256 alone."""
    folder = world.places.archive
    previous = None
    for path in sorted((folder / MANIFESTS).glob("*.json")):
        verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", folder / PUBLIC_KEY]
        tool(*verify, "-rawin", "-in", path, "-sigfile", f"{path}.sig")
        assert json.loads(path.read_text())["previous"] == previous
        previous = hashlib.sha256(path.read_bytes()).hexdigest()
    assert previous == Chain.read(folder).head


async def test_age_opens_a_segment_with_the_two_custodians_keys(
    world: World, tmp_path: Path
) -> None:
    """`age -d` thrice: outer layer, inner layer, segment; then it is plain Parquet."""
    day, sealed = next((d, s) for d, s in Chain.read(world.places.archive).segments() if s.rows)
    key = KeyRegister(world.places.keys).get(sealed.object, *CUSTODIANS)
    assert key

    inner = tool("age", "-d", "-i", world.machines[key.outer] / IDENTITY, content=key.sealed)
    identity = tool("age", "-d", "-i", world.machines[key.inner] / IDENTITY, content=inner)
    identity_file = tmp_path / "segment.age-identity"
    identity_file.write_bytes(identity)
    source = segment_path(world.places.archive, sealed.object)
    parquet = tmp_path / "segment.parquet"
    parquet.write_bytes(tool("age", "-d", "-i", identity_file, source))

    # Another engine reads it: instants as microseconds, or DuckDB would ask for pytz.
    query = (
        'SELECT site, device, epoch_us("until" - "from") // 60000000 AS minutes'
        f" FROM '{parquet}' WHERE public_address = '{VERDUN}' AND NOT contains(until_is, 'change')"
        " ORDER BY minutes, device"
    )
    with duckdb.connect() as engine:
        found_ = engine.execute(query).fetchall()
    assert found_ == [
        ("verdun-mairie", "02:00:00:00:00:0d", 10),
        ("verdun-mairie", "02:00:00:00:00:0a", 30),
        ("verdun-mairie", "02:00:00:00:00:0c", 30),
    ]
    assert str(day) == "2026-11-17"
    assert hashlib.sha256(source.read_bytes()).hexdigest() == sealed.sha256
    assert pq.read_table(parquet).num_rows == sealed.rows == 4


async def test_openssl_checks_the_answer(world: World) -> None:
    """What the second custodian signed, by openssl; the list of digests, by sha256sum."""
    case = await world.case("2026-11-17T10:15:00Z")
    world.answer(case)
    folder = world.machines[CUSTODIANS[1]] / f"answer-{case.stem}"
    for name in ("reponse.json", "reponse.csv", "rapport.pdf", "empreintes.sha256"):
        verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", folder / SIGNER]
        tool(*verify, "-rawin", "-in", folder / name, "-sigfile", folder / f"{name}.sig")
    checked = tool("sh", "-c", f"cd {folder} && sha256sum --check empreintes.sha256").decode()
    assert checked.split() == ["reponse.json:", "OK", "reponse.csv:", "OK", "rapport.pdf:", "OK"]


async def test_the_command_verifies_without_a_database_or_a_key(world: World) -> None:
    """`archive verify` on a copy of the folder: green, then red with the changed file's name."""
    folder = world.places.archive
    assert run.invoke(archive_commands, ["verify", str(folder)]).exit_code == 0

    sealed = next(s for _, s in Chain.read(folder).segments())
    path = segment_path(folder, sealed.object)
    octets = bytearray(path.read_bytes())
    octets[len(octets) // 2] ^= 1
    path.write_bytes(octets)
    done = run.invoke(archive_commands, ["verify", str(folder)])

    assert done.exit_code == 1
    assert done.stdout.startswith(f"BROKEN segments/2026/{sealed.object}: changed")
