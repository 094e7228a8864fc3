"""Drills and re-wrapping: two custodians open, offline; the server learns no private key."""

import base64
import json
import re
import secrets
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from retention.keys import age, ceremonies, ceremony
from retention.keys.ceremony import Kind, SignedAnswer, Travelling
from retention.keys.key_register import KeyRegister
from retention.manifests.chain import Chain
from retention.manifests.manifest import EndedSegment, PurgeLink
from retention.manifests.signing import SigningKey
from retention.manifests.verify import verify_folder
from retention.sealing.archive import Places, Runner, only_runner, unwatched
from retention.sealing.clock_guard import ClockGuard
from territory.errors import ConfigurationError
from tests.ceremonies import ANSWER
from tests.evidence import CUSTODIANS, VERDUN, Evidence, Session, at, run_archive, visit
from tests.forked import forked
from tests.killed_once_each import die_once_each

ANNE, BRUNO = CUSTODIANS
CLARA = "clara.garde@territoire.example"
SEALED_AT = at("2026-11-20 00:00")


@pytest.fixture
async def sealed(evidence: Evidence, places: Places) -> Places:
    """An archive of two days."""
    await evidence.days("2026-11-16", 8)
    phone = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")
    await evidence.record(phone, *visit(at("2026-11-16 10:00"), 30))
    await run_archive(evidence.retention_url, places, SEALED_AT)
    return places


class Server:
    """The archive's server, each act at its own time."""

    def __init__(self, evidence: Evidence, places: Places) -> None:
        self._evidence = evidence
        self._places = places
        self.now = SEALED_AT

    def alone(self) -> AbstractAsyncContextManager[Runner]:
        """Return the archive, for one runner."""
        url = self._evidence.retention_url
        return only_runner(url, self._places, self.now, unwatched, ClockGuard.NONE)

    async def prepare(self, kind: Kind, *logins: str) -> Travelling:
        """Prepare what travels, as the file that it is."""
        async with self.alone() as runner:
            made = await ceremonies.prepare(runner, kind, logins)
        return ceremony.parse(Travelling, ceremony.encode(made))

    async def record(self, signed: SignedAnswer) -> ceremonies.Recorded:
        """Take an answer in."""
        async with self.alone() as runner:
            return await ceremonies.record(
                runner, ceremony.parse(SignedAnswer, ceremony.encode(signed))
            )

    async def overdue(self, now: datetime) -> list[tuple[str, str]]:
        """Return the pairs whose drill is overdue."""
        async with self.alone() as runner:
            pairs = await ceremonies.load_pairs(runner.connection)
        return [(each.first, each.second) for each in pairs if each.is_overdue(now)]


async def test_a_drill_proves_that_two_can_open(
    evidence: Evidence,
    sealed: Places,
    identities: dict[str, str],
    signers: dict[str, SigningKey],
) -> None:
    """Only the value that both layers hide counts; 92 days later it is overdue again."""
    server = Server(evidence, sealed)
    assert await server.overdue(SEALED_AT) == [(ANNE, BRUNO)], "never drilled since 2026 began"
    sent = await server.prepare(Kind.DRILL)
    assert len(sent.order.segments) == 3

    with pytest.raises(ConfigurationError, match="expected anne"):
        ceremony.open_outer(sent, identities[BRUNO])
    with pytest.raises(ConfigurationError, match="expected it opened by anne"):
        ceremony.answer(sent, identities[BRUNO], signers[BRUNO], SEALED_AT)
    opened = ceremony.open_outer(sent, identities[ANNE])
    for who in (ANNE, BRUNO):
        with pytest.raises(ConfigurationError, match="expected bruno"):
            ceremony.answer(opened, identities[ANNE], signers[who], SEALED_AT)
    signed = ceremony.answer(opened, identities[BRUNO], signers[BRUNO], SEALED_AT)

    forged = signed.answer.model_copy(update={"value": "00" * 32})
    signature = replace_signature(signers[BRUNO], forged)
    with pytest.raises(ConfigurationError, match="drill's value"):
        await server.record(signature)
    with pytest.raises(ConfigurationError, match="not signed by who"):
        await server.record(replace_signature(signers[ANNE], signed.answer))
    assert await server.overdue(SEALED_AT) == [(ANNE, BRUNO)]

    recorded = await server.record(signed)
    assert recorded == ceremonies.Recorded(Kind.DRILL, 0)
    with pytest.raises(ConfigurationError, match="that waits for it"):
        await server.record(signed)
    assert await server.overdue(SEALED_AT + timedelta(days=91)) == []
    assert await server.overdue(SEALED_AT + timedelta(days=92)) == [(ANNE, BRUNO)]

    other = sent.order.model_copy(update={"prepared_at": at("2026-11-21 00:00")})
    with pytest.raises(ConfigurationError, match="not as the archive signed it"):
        ceremony.open_outer(sent.model_copy(update={"order": other}), identities[ANNE])
    name = next(iter(sent.order.segments))
    swapped = opened.layers | {name: opened.layers[ceremony.CHALLENGE]}
    with pytest.raises(ConfigurationError, match="another key than"):
        ceremony.answer(
            opened.model_copy(update={"layers": swapped}),
            *(identities[BRUNO], signers[BRUNO], SEALED_AT),
        )
    leak = opened.layers | {ceremony.CHALLENGE: opened.layers[name]}
    with pytest.raises(ConfigurationError, match="does not hold a drill's value"):
        ceremony.answer(
            opened.model_copy(update={"layers": leak}),
            *(identities[BRUNO], signers[BRUNO], SEALED_AT),
        )
    for_somebody = json.loads(ceremony.encode(sent))
    for_somebody["order"]["custodians"] = [for_somebody["order"]["first"]] * 2
    with pytest.raises(ConfigurationError, match="expected a file of"):
        ceremony.parse(Travelling, json.dumps(for_somebody).encode())


def replace_signature(key: SigningKey, answer: ceremony.Answer) -> SignedAnswer:
    """Return an answer signed by a key of one's choice."""
    signature = base64.b64encode(key.sign(ceremony.encode(answer))).decode()
    return SignedAnswer(answer=answer, signature=signature)


def opens(places: Places, first: str, second: str, identities: dict[str, str]) -> list[bool]:
    """Say of each held segment whether these two open it with their keys."""
    found = []
    for _, segment in Chain.read(places.archive).held():
        key = KeyRegister(places.keys).get(segment.object, first, second)
        if key is None:
            found.append(False)
            continue
        inner = age.open_sealed(key.sealed, identities[key.outer])
        identity = age.open_sealed(inner, identities[key.inner]).decode().strip()
        found.append(age.recipient_of(identity) == segment.recipient)
    return found


async def test_a_new_custodian_opens_what_was_sealed_before(
    evidence: Evidence,
    sealed: Places,
    identities: dict[str, str],
    signers: dict[str, SigningKey],
) -> None:
    """Keys are wrapped anew by two, segments stay; who leaves opens nothing; nothing comes back."""
    server = Server(evidence, sealed)
    with pytest.raises(ConfigurationError, match="nothing to wrap"):
        await server.prepare(Kind.REWRAP)
    identities[CLARA] = age.new_identity()
    public = SigningKey.generate().public.base64
    await evidence.custodian(CLARA, age.recipient_of(identities[CLARA]), public)
    before = verify_folder(sealed.archive)

    sent = await server.prepare(Kind.REWRAP, ANNE, BRUNO)
    opened = ceremony.open_outer(sent, identities[ANNE])
    signed = ceremony.answer(opened, identities[BRUNO], signers[BRUNO], SEALED_AT)
    register = KeyRegister(sealed.keys)
    destroyed = sorted(register.names())[0]
    entries = {name: register.keys(name) for name in register.names()}
    register.destroy(destroyed)
    recorded = await server.record(signed)

    assert recorded == ceremonies.Recorded(Kind.REWRAP, 5)
    assert not register.has(destroyed), "a key destroyed meanwhile stays destroyed"
    assert verify_folder(sealed.archive) == before
    for pair in ((ANNE, BRUNO), (ANNE, CLARA), (BRUNO, CLARA)):
        assert opens(sealed, *pair, identities).count(True) == 5
    kept = {name: register.keys(name)[0] for name in register.names()}
    assert all(kept[name] == entries[name][0] for name in kept), "the old pair's own is untouched"

    await evidence.fetch("UPDATE staff.operator SET disabled_at = now() WHERE login = $1", BRUNO)
    async with server.alone() as runner:
        assert await ceremonies.drop_former(runner) == ceremonies.Dropped(5, 0)
    assert opens(sealed, ANNE, CLARA, identities).count(True) == 5
    assert not any(opens(sealed, ANNE, BRUNO, identities))

    fresh = age.recipient_of(age.new_identity())
    statement = "UPDATE staff.operator SET age_recipient = $2 WHERE login = $1"
    await evidence.fetch(statement, CLARA, fresh)
    async with server.alone() as runner:
        assert await ceremonies.drop_former(runner) == ceremonies.Dropped(0, 5)
    assert opens(sealed, ANNE, CLARA, identities).count(True) == 5, "the last pair is not dropped"


async def test_rewrapping_killed_before_each_change(
    evidence: Evidence,
    places: Places,
    identities: dict[str, str],
    signers: dict[str, SigningKey],
) -> None:
    """Taken in, then former pairs dropped: the pair that stays always opens; what goes is
    overwritten; what a purge was half-way through destroying is neither read nor written."""
    await evidence.days("2026-11-16", 8)
    await run_archive(evidence.retention_url, places, at("2026-11-19 00:00"))
    server = Server(evidence, places)
    identities[CLARA] = age.new_identity()
    public = SigningKey.generate().public.base64
    await evidence.custodian(CLARA, age.recipient_of(identities[CLARA]), public)
    sent = await server.prepare(Kind.REWRAP, ANNE, BRUNO)
    opened = ceremony.open_outer(sent, identities[ANNE])
    signed = ceremony.answer(opened, identities[BRUNO], signers[BRUNO], SEALED_AT)
    places.archive.with_name(ANSWER).write_bytes(ceremony.encode(signed))
    before = entries(places)
    half = half_destroyed(places)

    died = forked(die_once_each, "rewrap", evidence.retention_url, places, SEALED_AT)

    linked = {point.partition(" ")[2] for point in died if point.startswith("os.link")}
    assert linked == before.keys() - {half.name}
    assert len(died) == 4 * len(linked)
    for pair in ((ANNE, BRUNO), (ANNE, CLARA), (BRUNO, CLARA)):
        assert opens(places, *pair, identities) == [True, True]
    [line] = await evidence.fetch(
        "SELECT detail FROM audit.entry WHERE action = 'keys.rewrap_answered'"
    )
    assert json.loads(line["detail"]) == {"segments": 2}

    blocks = {name: half.parent / f"{name}.blocks" for name in before if name != half.name}
    for name, path in blocks.items():
        path.hardlink_to(half.parent / name)
    with_bruno = {name: path.read_bytes() for name, path in blocks.items()}
    await evidence.fetch("UPDATE staff.operator SET disabled_at = now() WHERE login = $1", BRUNO)
    died = forked(die_once_each, "drop", evidence.retention_url, places, SEALED_AT)
    assert len(died) == 4 * len(blocks)
    assert opens(places, ANNE, CLARA, identities) == [True, True]
    for name, path in blocks.items():
        assert_overwritten(path.read_bytes(), with_bruno[name])
        path.unlink()
    assert {path.name for path in half.parent.iterdir()} == before.keys()


def entries(places: Places) -> dict[str, bytes]:
    """Return every file of the key register."""
    return {path.name: path.read_bytes() for path in places.keys.glob("*/*")}


def half_destroyed(places: Places) -> Path:
    """Have a purge that decided on one segment die while it overwrote its entry."""
    chain, key = Chain.read(places.archive), SigningKey.read(places.signing_key)
    (day, sealed) = next(iter(chain.held()))
    ended = EndedSegment(
        **{field: getattr(sealed, field) for field in ("object", "category", "part", "rows")},
        day=day,
        octets=sealed.octets,
        end=SEALED_AT.date(),
        ground="CPCE",
    )
    chain.append(PurgeLink, key, SEALED_AT, segments=(ended,), audit=None)
    path = places.keys / str(day.year) / f"{sealed.object}.json"
    path.write_bytes(secrets.token_bytes(path.stat().st_size))
    return path


def assert_overwritten(left: bytes, former: bytes) -> None:
    """Find no piece of what an entry's keys were."""
    assert len(left) == len(former)
    for sealed in re.findall(rb'"sealed":"([^"]{40,})"', former):
        assert all(sealed[at : at + 24] not in left for at in range(0, len(sealed) - 24, 24))
