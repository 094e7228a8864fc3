"""`archive verify`: whatever is changed, removed or moved is found, and its file named first."""

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention import durable
from retention.manifests import manifest
from retention.manifests.chain import (
    MANIFESTS,
    PUBLIC_KEY,
    SEGMENTS,
    Chain,
    publish_key,
    segment_path,
)
from retention.manifests.manifest import (
    DayLink,
    DestructionLink,
    EndedSegment,
    PurgeLink,
    SealedSegment,
    SupplementLink,
)
from retention.manifests.signing import SigningKey
from retention.manifests.verify import Expected, verify_folder
from retention.sealing import segment
from retention.sealing.columns import SOURCE_SLICES
from territory.errors import Unavailable

FIRST = date(2026, 11, 15)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
KEY = SigningKey.generate()


def seal(folder: Path, day: date, part: int = 0) -> SealedSegment:
    """Put a real sealed segment into an archive."""
    fresh = segment.seal(SOURCE_SLICES.empty_table(), day, "source", part)
    durable.write(segment_path(folder, fresh.record.object), fresh.sealed)
    return fresh.record


def add_day(chain: Chain, day: date) -> None:
    """Seal a day with one segment."""
    chain.append(
        DayLink,
        KEY,
        NOW,
        day=day,
        facts_received_before=NOW,
        segments=(seal(chain.folder, day),),
    )


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Four days, a supplement of the second, and the first day destroyed."""
    folder = tmp_path / "archive"
    publish_key(folder, KEY)
    chain = Chain(folder)
    for number in range(4):
        add_day(chain, FIRST + timedelta(days=number))
    supplement = seal(folder, FIRST + timedelta(days=1), 1)
    chain.append(
        SupplementLink,
        KEY,
        NOW,
        day=FIRST + timedelta(days=1),
        received_on=FIRST + timedelta(days=5),
        segments=(supplement,),
    )
    day, sealed = next(chain.segments())
    ended = EndedSegment(
        day=day,
        category="source",
        part=0,
        object=sealed.object,
        rows=0,
        end=day,
        ground="CPCE",
    )
    purge = chain.append(PurgeLink, KEY, NOW, segments=(ended,))
    durable.remove(segment_path(folder, sealed.object))
    chain.append(DestructionLink, KEY, NOW, purge=purge.sequence, destroyed_at=NOW)
    return folder


def names(folder: Path) -> list[str]:
    """Return the manifests' names in order."""
    return sorted(path.name for path in (folder / MANIFESTS).glob("*.json"))


def test_a_whole_archive_is_whole(archive: Path) -> None:
    """Days, segments held and destroyed are counted; nothing to say."""
    verdict = verify_folder(archive)
    assert verdict.is_whole, verdict.faults
    assert (verdict.days, verdict.segments, verdict.destroyed) == (4, 4, 1)
    assert (verdict.first_day, verdict.last_day) == (FIRST, FIRST + timedelta(days=3))
    assert verdict.notices == ()
    assert verdict.fingerprint == KEY.public.fingerprint


SLOW_OR_SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=60, suppress_health_check=SLOW_OR_SHARED)
@given(st.integers(0, 1000), st.integers(0, 1 << 20), st.integers(0, 7))
def test_any_flipped_bit_is_found_in_its_own_file(
    archive: Path, which: int, where: int, bit: int
) -> None:
    """Manifest, signature, public key or segment: the first fault names the file changed."""
    files = sorted(path for path in archive.rglob("*") if path.is_file())
    path = files[which % len(files)]
    octets = path.read_bytes()
    changed = bytearray(octets)
    changed[where % len(octets)] ^= 1 << bit
    path.write_bytes(changed)
    try:
        faults = verify_folder(archive).faults
    finally:
        path.write_bytes(octets)
    if path.name == PUBLIC_KEY and not faults:
        return  # the case of a letter in PEM's frame may not matter
    assert faults
    named = str(path.relative_to(archive))
    last = names(archive)[-1]
    # The last manifest has no successor to tell which of the two was changed.
    assert faults[0].file == named or (last in named and last in faults[0].file)


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_a_cut_file_is_named(archive: Path, kept: float) -> None:
    """Whatever is left of a file, nothing, half or almost all: it is the first fault."""
    last = names(archive)[-1]
    for path in sorted(path for path in archive.rglob("*") if path.is_file()):
        octets = path.read_bytes()
        path.write_bytes(octets[: int(len(octets) * kept)])
        fault = verify_folder(archive).faults[0]
        named = str(path.relative_to(archive))
        assert fault.file == named or (last in named and last in fault.file)
        path.write_bytes(octets)


def test_a_manifest_forged_with_another_key_is_named(archive: Path) -> None:
    """Rows added to a day, its digest right in the next link's eyes or not: not our signature."""
    path = archive / MANIFESTS / names(archive)[1]
    forged = path.read_bytes().replace(b'"rows":0', b'"rows":1')
    path.write_bytes(forged)
    Path(f"{path}.sig").write_bytes(SigningKey.generate().sign(forged))

    fault = verify_folder(archive).faults[0]

    assert fault.file == f"{MANIFESTS}/{path.name}"
    assert "do not fit" in fault.problem


@pytest.mark.parametrize("which", range(7))
def test_a_missing_manifest_is_named(archive: Path, which: int) -> None:
    """A gap in the numbers is a gap in the days; without the last, only the head can tell."""
    head = verify_folder(archive).head
    gone = names(archive)[which]
    (archive / MANIFESTS / gone).unlink()
    faults = verify_folder(archive, Expected(head=head)).faults
    if which == 6:
        assert "expected SHA-256" in faults[0].problem
        return
    assert faults[0].file == f"{MANIFESTS}/{gone.partition('.')[0]}.*.json"
    if 0 < which < 3:
        day = FIRST + timedelta(days=which)
        assert any(f"day {day} is missing" in fault.problem for fault in faults)


def test_reordered_manifests_are_named(archive: Path) -> None:
    """Two days exchanged: the first of them holds the other."""
    second, third = (archive / MANIFESTS / name for name in names(archive)[1:3])
    one, other = second.read_bytes(), third.read_bytes()
    second.write_bytes(other)
    third.write_bytes(one)
    fault = verify_folder(archive).faults[0]
    assert fault.file == f"{MANIFESTS}/{second.name}"
    assert "re-ordered" in fault.problem


def test_reordered_by_name_with_their_signatures_too(archive: Path) -> None:
    """Files renamed so that each seems to be in its place do not follow each other."""
    folder = archive / MANIFESTS
    second, third = names(archive)[1:3]
    for suffix in ("", ".sig"):
        one, other = (folder / f"{name}{suffix}" for name in (second, third))
        kept = one.read_bytes()
        one.write_bytes(other.read_bytes())
        other.write_bytes(kept)
    fault = verify_folder(archive).faults[0]
    assert fault.file == f"{MANIFESTS}/{second}"


def test_a_missing_segment_is_named(archive: Path) -> None:
    """Neither destroyed nor there."""
    _, sealed = Chain.read(archive).held()[0]
    segment_path(archive, sealed.object).unlink()
    assert verify_folder(archive).faults[0].file.endswith(sealed.object)


def test_a_destroyed_segment_that_comes_back_is_named(archive: Path) -> None:
    """A copy put back after its purge is a fault: it ought not to exist."""
    _, sealed = next(Chain.read(archive).segments())
    durable.write(segment_path(archive, sealed.object), b"back")
    fault = verify_folder(archive).faults[0]
    assert "destroyed" in fault.problem


def test_a_purge_under_way_is_a_notice(archive: Path) -> None:
    """Decided and not recorded as done: not broken, and said."""
    last = archive / MANIFESTS / names(archive)[-1]
    last.unlink()
    Path(f"{last}.sig").unlink()
    verdict = verify_folder(archive)
    assert verdict.is_whole
    assert "not recorded" in verdict.notices[0].problem


def test_a_leftover_is_a_notice(archive: Path) -> None:
    """An object that no manifest names harms nothing, and is said."""
    durable.write(archive / SEGMENTS / "2026" / "2026-11-19.source.0.0.parquet.age", b"x")
    verdict = verify_folder(archive)
    assert verdict.is_whole
    assert "in no manifest" in verdict.notices[0].problem


def test_an_archive_forged_whole_is_known_by_its_key(archive: Path) -> None:
    """All signed anew with another key: only the noted fingerprint tells."""
    noted = Expected(fingerprint="0" * 64)
    assert verify_folder(archive, noted).faults[0].file == PUBLIC_KEY


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PUBLIC KEY-----", b"\xff" * 40])
def test_an_unreadable_key_is_named(archive: Path, content: bytes) -> None:
    """Without the key nothing can be checked, and that is said first."""
    (archive / PUBLIC_KEY).write_bytes(content)
    assert verify_folder(archive).faults[0].file == PUBLIC_KEY


def test_an_empty_folder_is_not_an_archive(tmp_path: Path) -> None:
    """Nothing is not `whole`."""
    assert not verify_folder(tmp_path).is_whole


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"{}"),
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes() + b" "),
    ],
)
def test_nothing_is_added_to_a_broken_chain(
    archive: Path, damage: Callable[[Path], object]
) -> None:
    """A run refuses to go on and says what to run."""
    damage(archive / MANIFESTS / names(archive)[1])
    with pytest.raises(Unavailable, match="archive verify"):
        Chain.read(archive)


def test_a_day_is_sealable_on_the_third_morning() -> None:
    """Two whole days of grace; what arrives from then on is late."""
    day = date(2026, 11, 17)
    assert manifest.sealable_from(day) == date(2026, 11, 20)
    assert not manifest.is_late(day, date(2026, 11, 19))
    assert manifest.is_late(day, date(2026, 11, 20))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (
            lambda octets: octets[:70_000] + b"!!" + octets[70_002:],
            "between octets 65536 and 131071",
        ),
        (lambda octets: octets[:-1] + b"!", "between octets"),
        (lambda octets: octets[:70_000], "cut at octet 70000"),
        (lambda octets: octets + b"more", "goes on after octet"),
        (lambda octets: b"!" + octets[1:-9], "between octets 0 and 65535"),
    ],
)
def test_where_a_segment_is_wrong_is_told(
    tmp_path: Path, damage: Callable[[bytes], bytes], told: str
) -> None:
    """To the block of 64 KiB that age seals at once, without a key; a cut, to the octet."""
    publish_key(tmp_path, KEY)
    filler = pa.array(secrets.token_hex(64) for _ in range(2400))
    table = pa.table({"device": filler})
    fresh = segment.seal(table, FIRST, "source", 0)
    path = segment_path(tmp_path, fresh.record.object)
    durable.write(path, fresh.sealed)
    Chain(tmp_path).append(
        DayLink, KEY, NOW, day=FIRST, facts_received_before=NOW, segments=(fresh.record,)
    )
    assert verify_folder(tmp_path).is_whole
    path.write_bytes(damage(fresh.sealed))
    assert told in verify_folder(tmp_path).faults[0].problem
