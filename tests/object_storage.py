"""A real S3 server for tests: SeaweedFS, with object lock, on loopback ports of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.request import Request, urlopen

from retention.sealing.archive import Places
from retention.storage.buckets import Buckets, Layout
from retention.storage.signed_request import Account, signed_target
from tests.evidence import places_in
from tests.servers.addresses import free_port

WEED = Path(sys.executable).with_name("weed")
READY_SECONDS = 60
PORTS = ("master", "volume", "filer", "s3")
IDENTITY = {
    "name": "socle",
    "credentials": [{"accessKey": "socle", "secretKey": "s3-secret"}],
    "actions": ["Admin", "Read", "Write", "List"],
}
LOCKED = """<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>
<DefaultRetention><Mode>COMPLIANCE</Mode><Days>{}</Days></DefaultRetention></Rule>
</ObjectLockConfiguration>"""
VERSIONED = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"


@dataclass(frozen=True, slots=True)
class ObjectStorage:
    """A running server."""

    port: int
    filer_port: int = 0

    @property
    def account(self) -> Account:
        """Who asks."""
        return Account(f"http://127.0.0.1:{self.port}", "us-east-1", "socle", "s3-secret")

    def make(self, prefix: str, lock_days: int | None) -> None:
        """Make the buckets of one archive, each locking what is put there for so many days."""
        layout = layout_of(prefix)
        for bucket in {*layout.of_category.values(), layout.chain}:
            self.ask("PUT", f"/{bucket}")
            self.ask("PUT", f"/{bucket}", {"versioning": ""}, VERSIONED)
            if lock_days and bucket != layout.chain:
                self.ask("PUT", f"/{bucket}", {"object-lock": ""}, LOCKED.format(lock_days))

    def storage(self, prefix: str, folder: Path, seconds: float = 20) -> Buckets:
        """Return a storage in the buckets of `prefix`, whose fresh objects wait in `folder`."""
        return Buckets(self.account, layout_of(prefix), folder, seconds)

    def places(self, prefix: str, folder: Path) -> Places:
        """Return the places of an archive in `folder` whose objects lie in the buckets."""
        local = places_in(folder)
        return replace(local, elsewhere=self.storage(prefix, local.archive))

    def ask(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: str = ""
    ) -> None:
        """Ask something as the buckets' administrator."""
        target = signed_target(self.account, method, path, query or {}, datetime.now(UTC))
        connection = HTTPConnection("127.0.0.1", self.port, timeout=READY_SECONDS)
        connection.request(method, target, body=body.encode())
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        connection.close()

    def end_locks(self, bucket: str, key: str) -> None:
        """Have the lock of each version of an object end now, as if its days had gone by."""
        versions = json.loads(self._filer(f"/buckets/{bucket}/{key}.versions/"))["Entries"]
        for version in versions:
            ended = {"Seaweed-X-Amz-Retention-Until-Date": "1"}
            self._filer(f"{version['FullPath']}?tagging", "PUT", ended)

    def _filer(
        self, path: str, method: str = "GET", told: Mapping[str, str] | None = None
    ) -> bytes:
        """Ask beneath the buckets, where no lock is looked at."""
        url = f"http://127.0.0.1:{self.filer_port}{path}"
        headers = {"Accept": "application/json", **(told or {})}
        with urlopen(Request(url, headers=headers, method=method), timeout=READY_SECONDS) as answer:
            octets: bytes = answer.read()
        return octets


def layout_of(prefix: str) -> Layout:
    """Return the buckets of one test's archive."""
    year, quarter = f"{prefix}-year", f"{prefix}-quarter"
    of_category = dict.fromkeys(("source", "account", "identity"), year)
    of_category |= dict.fromkeys(("traffic", "security"), quarter)
    return Layout(of_category, {year: 12, quarter: 3}, f"{prefix}-chain")


@contextmanager
def serve(folder: Path) -> Iterator[ObjectStorage]:
    """Run the server until the block ends."""
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [IDENTITY]}))
    http, grpc = ({part: free_port() for part in PORTS} for _ in range(2))
    options = [f"-{part}.port={port}" for part, port in http.items()]
    options += [f"-{part}.port.grpc={port}" for part, port in grpc.items()]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [
                *(WEED, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
                *("-filer", "-s3", f"-s3.config={config}", "-s3.autoCreateBucket=false"),
                *("-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"),
                *("-volume.max=200", "-master.volumeSizeLimitMB=16", *options),
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, http["s3"])
        yield ObjectStorage(http["s3"], http["filer"])
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    ends_at = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < ends_at:
        try:
            urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("SeaweedFS did not start")
