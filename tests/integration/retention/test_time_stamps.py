"""RFC 3161 for real: `openssl ts` is the authority, and the second opinion on its tokens."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiohttp import web

from retention.manifests.chain import MANIFESTS, Chain
from retention.manifests.time_stamps import Authority, NoToken, check_token, missing
from retention.manifests.verify import verify_folder
from retention.sealing.archive import Places
from tests.evidence import Evidence, at, run_archive

CONFIGURATION = """[tsa]
default_tsa = here
[here]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
"""
REPLY = ("openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply")
DEADLINE_SECONDS = 20
_TURNS = 50
"""Of the event loop, between two parts of a reply."""


@dataclass(slots=True)
class Tsa:
    """A time-stamp authority that can be away, late, or answer with octets that are no token."""

    folder: Path
    mood: str = "well"
    url: str = ""
    asked: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Reply to one query, in two parts as a long reply arrives."""
        self.asked += 1
        match self.mood:
            case "away":
                return web.Response(status=503)
            case "late":
                await self.over.wait()
            case "talks":
                return web.Response(body=b"<html>")
        (self.folder / "query").write_bytes(await request.read())
        await asyncio.to_thread(subprocess.run, REPLY, cwd=self.folder, check=True, stderr=-3)
        octets = (self.folder / "reply").read_bytes()
        reply = web.StreamResponse(headers={"Content-Type": "application/timestamp-reply"})
        await reply.prepare(request)
        await reply.write(octets[:100])
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        await reply.write(octets[100:])
        return reply

    @property
    def authority(self) -> Authority:
        """How the archive knows it."""
        return Authority(self.url, (self.folder / "tsa.pem").read_bytes(), 0.3)


@pytest.fixture(scope="module")
def key_pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the authority's key and certificate."""
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(CONFIGURATION)
    command = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-days", "3650"]
    command += ["-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", "tsa.key", "-out", "tsa.pem"]
    command += ["-subj", "/CN=Horodatage", "-addext", "extendedKeyUsage=critical,timeStamping"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
async def tsa(key_pair: Path) -> AsyncIterator[Tsa]:
    """The authority, on loopback."""
    made = Tsa(key_pair)
    app = web.Application()
    app.router.add_post("/", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield made
    made.over.set()
    await runner.cleanup()


def openssl_verifies(token: Path, dated: Path, certificate: Path) -> None:
    """Have openssl check a token."""
    command = ["openssl", "ts", "-verify", "-data", str(dated), "-in", str(token)]
    subprocess.run([*command, "-CAfile", str(certificate)], check=True, capture_output=True)


async def test_days_are_dated_by_another_and_sealed_without(
    evidence: Evidence, places: Places, tsa: Tsa
) -> None:
    """Away, late or talking nonsense, sealing goes on and the next run asks again; openssl agrees
    with each token; a token of another day, or changed, is named by `archive verify`."""
    await evidence.days("2026-11-16", 8)
    dated = replace(places, authority=tsa.authority)
    for number, mood in enumerate(("away", "late", "talks")):
        tsa.mood = mood
        await run_archive(evidence.retention_url, dated, at(f"2026-11-{19 + number} 00:00"))
        assert len(missing(Chain.read(places.archive))) == number + 1
    assert verify_folder(places.archive).is_whole

    tsa.mood, tsa.asked = "well", 0
    dated = replace(places, authority=replace(tsa.authority, seconds=DEADLINE_SECONDS))
    await run_archive(evidence.retention_url, dated, at("2026-11-21 01:00"))
    assert missing(Chain.read(places.archive)) == []
    assert tsa.asked == 3
    assert verify_folder(places.archive).is_whole

    days = sorted((places.archive / MANIFESTS).glob("*.json"))
    certificates = tsa.authority.certificates
    for day in days:
        token = day.with_name(f"{day.name}.tsr")
        openssl_verifies(token, day, tsa.folder / "tsa.pem")
        check_token(token.read_bytes(), day.read_bytes(), certificates)

    tokens = [day.with_name(f"{day.name}.tsr") for day in days]
    right = tokens[1].read_bytes()
    for wrong in (tokens[0].read_bytes(), right[:-1], right[:60] + b"\0" + right[61:], b""):
        tokens[1].write_bytes(wrong)
        fault = verify_folder(places.archive).faults[0]
        assert fault.file == f"{MANIFESTS}/{tokens[1].name}"
        assert "does not date" in fault.problem
    with pytest.raises(NoToken):
        check_token(right, days[1].read_bytes(), b"")
