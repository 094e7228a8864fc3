"""What two custodians have resealed for a hold goes into the archive, or nothing of it does.

Checked without a key: the order is as this archive signed it, what was resealed is signed by the
custodian whom the order names, and each segment is of a day in its scope and whole. Then objects,
wrapped keys, the signed link, the index: a run killed anywhere is taken up by doing it again.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from retention.cases.case import CASE, SIGNATURE
from retention.cases.case_file import CaseFile, HoldOrder
from retention.cases.case_tar import find_members, read_member
from retention.categories import SEALED
from retention.holds.reseal import RESEALED, RESEALED_SIGNATURE, Resealed, ResealedSegment
from retention.holds.scope import vaults_of
from retention.holds.waiting import load_ends, load_waiting
from retention.keys.ceremony import merged
from retention.keys.key_register import WrappedKey, decode_keys
from retention.manifests import manifest
from retention.manifests.manifest import HeldSegment, HoldLink
from retention.manifests.signing import PublicKey
from retention.sealing import index
from retention.sealing.archive import Runner, Step, finish_begun, settle, sweep
from territory.errors import ConfigurationError, Fault

_MOST_OCTETS = 1 << 30


@dataclass(frozen=True, slots=True)
class CheckedReseal:
    """What came back from the custodians, found right."""

    file: CaseFile
    order: HoldOrder
    resealed: Resealed
    members: Mapping[str, bytes]

    def sealed(self, one: ResealedSegment) -> bytes:
        """Return the octets of a segment."""
        return self.members[f"segments/{one.segment.object}"]

    def keys(self, one: ResealedSegment) -> list[WrappedKey]:
        """Return what opens it, for each pair of custodians."""
        return decode_keys(self.members[f"keys/{one.segment.object}.json"])


def read_resealed(path: Path, archive_key: PublicKey) -> CheckedReseal:
    """Return what is in a resealed hold's file, once it is found right.

    Raises:
        ConfigurationError: everything that is wrong with it.
    """
    places = find_members(path)
    if sum(place.octets for place in places.values()) > _MOST_OCTETS:
        raise ConfigurationError([Fault(str(path), "expected a resealed hold: too large")])
    members = {name: read_member(path, place) for name, place in places.items()}
    try:
        file = CaseFile.model_validate_json(members.get(CASE, b""))
        resealed = Resealed.model_validate_json(members.get(RESEALED, b""))
    except ValidationError as fault:
        expected = "expected what `socle hold reseal` wrote"
        raise ConfigurationError([Fault(str(path), expected)]) from fault
    if file.hold is None:
        raise ConfigurationError([Fault(f"{path}: {CASE}", "expected the case of a hold")])
    found = CheckedReseal(file, file.hold, resealed, members)
    faults = [
        Fault(f"{path}: {place}", problem) for place, problem in _problems(found, archive_key)
    ]
    if faults:
        raise ConfigurationError(faults)
    return found


def _problems(found: CheckedReseal, archive_key: PublicKey) -> Iterator[tuple[str, str]]:
    members, resealed = found.members, found.resealed
    signer = PublicKey.from_base64(found.file.second.signing_key or "")
    if not archive_key.has_signed(members[CASE], members.get(SIGNATURE, b"")):
        yield CASE, "is not as this archive signed it"
    if not signer.has_signed(members[RESEALED], members.get(RESEALED_SIGNATURE, b"")):
        yield RESEALED, f"is not signed by {found.file.second.login}"
    if (resealed.hold, resealed.case_sha256) != (
        found.order.hold,
        manifest.digest(members[CASE]),
    ):
        yield RESEALED, "is of another order"
    for one in resealed.segments:
        name = one.segment.object
        if not _is_in_scope(found.file, one):
            yield f"segments/{name}", "is of no day in the hold's scope"
        if _of_octets(members.get(f"segments/{name}", b"")) != _as_told(one):
            yield f"segments/{name}", "missing, or changed since it was resealed"
        if not _opens_for_a_pair(found, one):
            yield f"keys/{name}.json", "is wrapped for no two of the hold's custodians"


def _is_in_scope(file: CaseFile, one: ResealedSegment) -> bool:
    """Whether it is of a day in scope; of accounts, of any sealed since then."""
    if one.segment.category in SEALED:
        return any(one.day in question.days for question in file.questions)
    first = min(question.days[0] for question in file.questions)
    is_sealed = manifest.sealable_from(one.day) <= file.prepared_at.date()
    return one.segment.category in vaults_of(file.questions) and first <= one.day and is_sealed


def _of_octets(sealed: bytes) -> tuple[object, ...]:
    return manifest.digest(sealed), len(sealed), manifest.block_digests(sealed)


def _as_told(one: ResealedSegment) -> tuple[object, ...]:
    """Return what the second custodian told of a sealed file's octets: verified for ever after."""
    return one.segment.sha256, one.segment.octets, one.segment.blocks


def _opens_for_a_pair(found: CheckedReseal, one: ResealedSegment) -> bool:
    known = {holder.login for holder in found.order.custodians}
    try:
        pairs = found.keys(one)
    except (KeyError, TypeError, ValueError):
        return False
    return bool(pairs) and all({pair.outer, pair.inner} <= known for pair in pairs)


async def take_in(runner: Runner, found: CheckedReseal) -> HoldLink:
    """Put a resealed hold into the archive; return its link. Done twice, it changes nothing.

    Raises:
        ConfigurationError: it is of a hold that is not registered here, or is over, or the
            custodians who could open it have left since.
    """
    sweep(runner)
    await finish_begun(runner)
    hold = found.order.hold
    done = [link for link in runner.chain.holds() if link.hold == hold]
    if done:
        await settle(runner)
        return done[0]
    if hold not in {one.hold for one in await load_waiting(runner.connection, runner.now.date())}:
        expected = f"expected a hold of the register that waits and is not over, found {hold}"
        raise ConfigurationError([Fault(RESEALED, expected)])
    ends_on = (await load_ends(runner.connection))[hold]  # perhaps moved since the case was made
    link = await _append(runner, found, await _wrapped(runner, found), ends_on)
    await index.record_hold(runner.connection, link, runner.now)
    runner.progress(Step("index", detail=str(hold)))
    await settle(runner)
    return link


_Wrapped = Mapping[str, list[WrappedKey]]
"""The keys that are kept of each segment, by its object's name as it came."""


async def _wrapped(runner: Runner, found: CheckedReseal) -> _Wrapped:
    """Return the keys for pairs of the custodians there are now: who left since opens nothing."""
    custodians = await runner.apart()
    kept = {
        one.segment.object: merged(found.keys(one), (), custodians)
        for one in found.resealed.segments
    }
    if not all(kept.values()):
        told = "is wrapped for no two of today's custodians: register the hold again"
        raise ConfigurationError([Fault(RESEALED, told)])
    return kept


async def _append(
    runner: Runner, found: CheckedReseal, wrapped: _Wrapped, ends_on: date
) -> HoldLink:
    """Write objects and keys, then the link that names them."""
    parts: Counter[tuple[object, str]] = Counter()
    segments: list[HeldSegment] = []
    for one in found.resealed.segments:
        of = (one.day, one.segment.category)
        part = runner.chain.next_part(*of) + parts[of]
        parts[of] += 1
        segments.append(_write(runner, found, one, part, wrapped[one.segment.object]))
    link = await runner.append(
        HoldLink,
        hold=found.order.hold,
        ends_on=ends_on,
        resealed_by=found.file.second.signing_key,
        segments=tuple(segments),
    )
    runner.progress(Step("hold", detail=str(link.hold)))
    return link


def _write(
    runner: Runner,
    found: CheckedReseal,
    one: ResealedSegment,
    part: int,
    keys: Sequence[WrappedKey],
) -> HeldSegment:
    sealed, category = found.sealed(one), one.segment.category
    name = manifest.object_name(one.day, category, part, sealed)
    runner.places.storage.put(name, sealed)
    runner.progress(Step("object", one.day, name))
    runner.register.add(name, keys)
    runner.progress(Step("keys", one.day, name))
    return HeldSegment(**{**one.segment.model_dump(), "part": part, "object": name}, day=one.day)
