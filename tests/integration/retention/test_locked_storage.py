"""S3 with object lock, for real: what is sent stays, what is not named is never sent."""

import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from retention.keys.key_register import KeyRegister
from retention.manifests.chain import Chain
from retention.manifests.verify import verify, verify_folder
from retention.sealing.archive import Places
from retention.storage.buckets import Buckets
from retention.storage.signed_request import Account
from socle.commands.storage_findings import of_storage
from territory.errors import Unavailable
from territory.settings import Settings
from territory.settings.evidence import ArchiveBuckets, ArchiveSettings
from tests.evidence import VERDUN, Evidence, Session, at, run_archive, run_purge, visit
from tests.object_storage import ObjectStorage, layout_of, serve

DAY = date(2026, 11, 16)
NAME = f"{DAY}.source.0.0123456789abcdef.parquet.age"
LATE = date(2027, 8, 30)
LONGEST_SECONDS = 5


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStorage]:
    """One server for the file."""
    with serve(tmp_path_factory.mktemp("seaweedfs")) as running:
        yield running


def test_an_object_waits_until_it_is_settled_then_nothing_moves_it(
    server: ObjectStorage, tmp_path: Path
) -> None:
    """Put: taken back at will. Settled: once, whole, locked; deleting waits for the lock."""
    server.make("one", lock_days=100)
    storage = server.storage("one", tmp_path)
    storage.put(NAME, b"sealed")
    assert storage.fresh() == {NAME}
    assert storage.listing() == {NAME: 6}

    storage.settle(NAME, DAY)
    storage.settle(NAME, DAY)
    assert storage.fresh() == set()
    assert storage.listing() == {NAME: 6}
    assert storage.get(NAME) == b"sealed"

    storage.put(NAME, b"sealed")  # the reply to the first was lost: the same again is no fault
    storage.settle(NAME, DAY)
    storage.put(NAME, b"forged")
    with pytest.raises(Unavailable, match="holds something else"):
        storage.settle(NAME, DAY)

    until = storage.delete(NAME)
    assert until is not None
    assert timedelta(days=99) < until - datetime.now(UTC) < timedelta(days=101)
    assert storage.get(NAME) == b"sealed"

    server.end_locks("one-year", f"segments/2026/{NAME}")
    assert storage.delete(NAME) is None
    assert storage.listing() == {}
    with pytest.raises(Unavailable, match="not there any more"):
        storage.get(NAME)

    storage.put(NAME, b"sealed late")
    storage.settle(NAME, LATE)
    assert storage.fresh() == {NAME}, "its lock would have outlasted its legal end"
    storage.settle(NAME, DAY, DAY + timedelta(days=100))
    assert storage.fresh() == {NAME}, "and the end of the hold that it is of"
    storage.settle(NAME, DAY, DAY + timedelta(days=101))
    assert storage.fresh() == set()


def test_a_signature_that_a_killed_run_left_is_not_copied(
    server: ObjectStorage, tmp_path: Path
) -> None:
    """A locked copy of it could never be replaced by that of the link which is signed at last."""
    server.make("killed", None)
    storage, manifests = server.storage("killed", tmp_path), tmp_path / "manifests"
    manifests.mkdir()
    signature, link = manifests / "000001.day.json.sig", manifests / "000001.day.json"
    signature.write_bytes(b"of what was never written")
    storage.copy_chain(tmp_path)
    assert storage.chain().manifests == {}
    link.write_bytes(b"{}")
    signature.write_bytes(b"of the link")
    storage.copy_chain(tmp_path)
    assert storage.chain().manifests == {link.name: b"{}", signature.name: b"of the link"}


def test_a_bucket_that_protects_nothing_or_takes_nothing_is_named(
    server: ObjectStorage, tmp_path: Path
) -> None:
    """Without a lock, or locked beyond the legal end: the doctor says which, and what to do."""
    for prefix, lock_days in (("open", None), ("fit", 45), ("long", 100)):
        server.make(prefix, lock_days)
    assert [each.partition(" locks")[0] for each in server.storage("open", tmp_path).unfit()] == [
        "bucket open-quarter",
        "bucket open-year",
    ]
    assert list(server.storage("fit", tmp_path).unfit()) == []
    (told,) = server.storage("long", tmp_path).unfit()
    assert told.startswith("bucket long-quarter locks for 100 days")
    assert told.endswith("set fewer than 84")

    buckets = {name: f"open-{name.rpartition('_')[2]}" for name in ArchiveBuckets.model_fields}
    key, secret = server.account.access_key_id, server.account.secret_access_key
    settings = Settings(
        state_folder=tmp_path,
        archive=ArchiveSettings(
            storage="s3",
            endpoint=server.account.endpoint,
            buckets=ArchiveBuckets(**buckets | {"three_months": "open-quarter"}),
            access_key_id=SecretStr(key),
            secret_access_key=SecretStr(secret),
        ),
    )
    found = list(of_storage(settings))
    assert [each.stops for each in found] == [True]
    assert "bucket open-years: refuses: NoSuchBucket" in found[0].says


def test_what_a_storage_goes_on_listing_is_never_told_as_gone(tmp_path: Path) -> None:
    """In MinIO's order of elements: each version is deleted by its name, on every page; what the
    storage lists all the same is left."""
    key = f"segments/2026/{NAME}"
    asked: list[str] = []
    entry = "<{0}><Key>{1}</Key><IsLatest>true</IsLatest><VersionId>{2}</VersionId></{0}>"
    more = f"<IsTruncated>true</IsTruncated><NextKeyMarker>{key}</NextKeyMarker>"
    pages = {False: more + entry.format("Version", key, "v1"), True: ""}
    pages[True] = entry.format("DeleteMarker", key, "v2") + entry.format("Version", f"{key}x", "v3")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f"<ListVersionsResult>{pages['key-marker' in self.path]}</ListVersionsResult>"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.encode())

        def do_DELETE(self) -> None:
            asked.append(parse_qs(urlsplit(self.path).query)["versionId"][0])
            if forgets:
                pages.update(dict.fromkeys(pages, ""))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        account = Account(f"http://127.0.0.1:{server.server_port}", "us-east-1", "a", "b")
        storage = Buckets(account, layout_of("minio"), tmp_path, LONGEST_SECONDS)
        before, forgets = datetime.now(UTC), False
        until = storage.delete(NAME)
        assert until
        assert until >= before
        forgets = True
        assert storage.delete(NAME) is None
        server.shutdown()
    assert asked == ["v1", "v2"] * 2


def broken(server: ObjectStorage, folder: Path, **account: str) -> Buckets:
    """Return a storage asked in another way, which answers within half a second or is late."""
    return Buckets(replace(server.account, **account), layout_of("none"), folder, 0.5)


@contextmanager
def canned(reply: bytes) -> Iterator[str]:
    """Serve the same octets to whoever asks, then hang up; nothing: never answer."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(LONGEST_SECONDS)
            with suppress(TimeoutError, OSError):
                while self.request.recv(1 << 16) and not reply:
                    pass
                self.request.sendall(reply)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_storage_that_fails_is_named_with_its_cause(
    server: ObjectStorage, tmp_path: Path
) -> None:
    """No bucket, a wrong secret, away, late, broken off: which, and why; the object waits on."""
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nETag: x\r\nLast-Modified: Sun, 22 Nov 2026"
    half += b" 10:00:00 GMT\r\n\r\n<only half"
    cases = [
        (broken(server, tmp_path), "bucket none-.*: refuses: NoSuchBucket"),
        (
            broken(server, tmp_path, secret_access_key="no"),
            "bucket none-.*: refuses: SignatureDoesNotMatch",
        ),
        (broken(server, tmp_path, endpoint="http://127.0.0.1:9"), "is away"),
    ]
    with canned(b"") as silent, canned(half) as cut:
        cases.append((broken(server, tmp_path, endpoint=silent), "answers late: over 0.5 s"))
        cases.append((broken(server, tmp_path, endpoint=cut), "broke off"))
        for storage, cause in cases:
            storage.put(NAME, b"sealed")
            with pytest.raises(Unavailable, match=cause):
                storage.listing()
            if cause != "broke off":
                with pytest.raises(Unavailable, match=cause):
                    storage.settle(NAME, DAY)
            assert storage.fresh() == {NAME}
        with pytest.raises(Unavailable, match="broke off"):
            b"".join(cases[-1][0].blocks(NAME.replace("16", "17")))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    options = ["-t", "tmpfs", "-o", "size=256k,mode=700", "socle-test", str(place)]
    subprocess.run(["mount", *options], check=True)
    yield place
    subprocess.run(["umount", str(place)], check=True)


async def test_a_full_disk_is_named_and_loses_nothing(
    evidence: Evidence, places: Places, small_disk: Path
) -> None:
    """The day stays in the database, the archive whole; with room again the run goes on."""
    await evidence.days("2026-11-16", 8)
    phone = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")
    await evidence.record(phone, *visit(at("2026-11-16 10:00"), 30))
    full = replace(places, archive=small_disk / "archive")
    room = small_disk / "filling"
    for kept_octets in (0, 4096, 20_480, 28_672):
        room.write_bytes(bytes(256 * 1024 - 8192 - kept_octets))
        with pytest.raises(Unavailable, match="No space left on device"):
            await run_archive(evidence.retention_url, full, at("2026-11-19 00:00"))
        held = await evidence.fetch("SELECT 1 FROM live.held_day WHERE day = '2026-11-16'")
        assert held, "nothing leaves the database before it is sealed"
    room.unlink()
    await run_archive(evidence.retention_url, full, at("2026-11-19 00:00"))
    verdict = verify_folder(full.archive)
    assert (verdict.is_whole, verdict.notices, verdict.segments) == (True, (), 3)


async def test_a_storage_that_is_away_stops_at_a_day_still_in_the_database(
    server: ObjectStorage, evidence: Evidence, places: Places
) -> None:
    """Signed and not sent: the day is not dropped; with the storage back it is sent, and leaves.
    Each day's purge destroys its keys all the same, and waits for what the lock keeps."""
    server.make("away", lock_days=40)
    layout, url = layout_of("away"), evidence.retention_url
    await evidence.days("2026-11-16", 8)
    phone = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")
    await evidence.record(phone, *visit(at("2026-11-16 10:00"), 30))
    there = replace(places, elsewhere=server.storage("away", places.archive))
    await run_archive(url, there, at("2026-11-19 00:00"))
    nowhere = replace(server.account, endpoint="http://127.0.0.1:9")
    away = replace(places, elsewhere=Buckets(nowhere, layout, places.archive, 0.5))
    with pytest.raises(Unavailable, match="bucket away-chain: is away"):
        await run_archive(url, away, at("2026-11-20 00:00"))
    assert await evidence.fetch("SELECT 1 FROM live.held_day WHERE day = '2026-11-17'")
    await run_archive(url, there, at("2026-11-20 00:00"))
    assert verify(there.storage).is_whole
    assert not await evidence.fetch("SELECT 1 FROM live.held_day WHERE day = '2026-11-17'")

    await evidence.fetch(
        "INSERT INTO live.command (id, kind, payload, requested_by, requested_at, deadline)"
        " VALUES (gen_random_uuid(), 'disconnect', '{}', 'x', $1, $1)",
        at("2027-02-16 12:00"),
    )
    for day, segments in (("2027-02-17", 1), ("2027-02-18", 2)):
        with pytest.raises(Unavailable, match="is away"):
            await run_purge(url, away, at(f"{day} 00:00"))
        ended = Chain.read(places.archive).ended().keys()
        assert len(ended) == segments, "each day's own, though the day before is not deleted yet"
        assert not ended & KeyRegister(places.keys).names()
    assert not await evidence.fetch("SELECT 1 FROM live.command"), "the database forgets too"
    await run_purge(url, there, at("2027-02-20 00:00"))
    assert ended <= there.storage.listing().keys(), "their locks still keep them"
    assert verify(there.storage).is_whole

    older = replace(places, archive=places.archive.with_name("older"))
    with pytest.raises(Unavailable, match="absent or"):
        there.storage.copy_chain(older.archive)
