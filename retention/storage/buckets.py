"""Sealed segments in S3-compatible storage, a bucket for each duration, locked by default.

Each bucket's own object lock applies to whatever is put there; it is shorter than the shortest
legal end of what the bucket holds, so that it protects from deletion and never stands in its way.
What must not be locked in never arrives: a fresh object waits in the archive's folder until a
manifest names it, and one sealed so late that its lock would outlast its end stays there.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError
from obstore.store import S3Store

from retention.manifests.chain import MANIFESTS, PUBLIC_KEY, SEGMENTS, segment_path
from retention.manifests.manifest import GRACE_DAYS
from retention.storage.folder import Folder
from retention.storage.port import ChainFiles, chain_paths
from retention.storage.signed_request import Account, Answer, send, signed_target
from retention.storage.versions import read_page
from territory.clock import SystemClock
from territory.errors import Unavailable

_GONE = 404
_REFUSED = 403
_DONE = (200, 204)
_CODE = re.compile(r"<Code>(\w+)</Code>")
_DAYS, _YEARS = re.compile(r"<Days>(\d+)</Days>"), re.compile(r"<Years>(\d+)</Years>")
_UNTIL = "x-amz-object-lock-retain-until-date"


@dataclass(frozen=True, slots=True)
class Layout:
    """Which bucket holds what."""

    of_category: Mapping[str, str]
    """Bucket of each legal category, by its name."""
    months: Mapping[str, int]
    """How long the law keeps what is in each of them, at the shortest."""
    chain: str
    """Bucket of the copy of the chain."""


class Buckets:
    """A `Storage` of locked objects, with a folder where fresh ones wait."""

    def __init__(self, account: Account, layout: Layout, waiting: Path, seconds: float) -> None:
        """Keep objects as `layout` says, asked as `account`.

        Args:
            account: where the storage is, and who asks.
            layout: which bucket holds what.
            waiting: the archive's folder.
            seconds: how long one request may last.
        """
        self._account = account
        self._layout = layout
        self._waiting = Folder(waiting)
        self._seconds = seconds
        names = {*layout.of_category.values(), layout.chain}
        self._stores = {name: _open(account, name, seconds) for name in names}

    def put(self, name: str, sealed: bytes) -> None:
        """Keep the object in the folder: nothing is locked before a manifest names it."""
        self._waiting.put(name, sealed)

    def fresh(self) -> set[str]:
        """Return the objects that wait in the folder."""
        return self._waiting.fresh()

    def waiting(self) -> set[str]:
        """Return the objects that wait in the folder, to be sent."""
        return self._waiting.fresh()

    def settle(self, name: str, today: date, end: date | None = None) -> None:
        """Send an object that waits, whole and once, unless its lock would outlast its end."""
        if name not in self._waiting.fresh():
            return
        bucket = self._bucket_of(name)
        if self._outlasts(bucket, today, end or self._earliest_end(bucket, name)):
            return
        sealed = self._waiting.get(name)
        self._create(bucket, _path(name), sealed)
        self._waiting.delete(name)

    def get(self, name: str) -> bytes:
        """Return the object from where it lies."""
        return b"".join(self.blocks(name))

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yield the object's octets."""
        if name in self._waiting.fresh():
            yield from self._waiting.blocks(name)
            return
        bucket = self._bucket_of(name)
        with self._named(bucket):
            try:
                found = obstore.get(self._stores[bucket], _path(name))
            except FileNotFoundError as fault:
                raise Unavailable(f"{name}: not there any more") from fault
            yield from map(bytes, found.stream())

    def listing(self) -> dict[str, int]:
        """Return what lies in the buckets, and what waits."""
        buckets = sorted({*self._layout.of_category.values()})
        sent = {
            path.rpartition("/")[2]: octets
            for bucket in buckets
            for path, octets in self._list(bucket, SEGMENTS)
        }
        return sent | self._waiting.listing()

    def delete(self, name: str) -> datetime | None:
        """Delete every version of the object that no lock keeps; return the last lock's end.

        What is there after all, and without a lock, is kept until now at the least.
        """
        self._waiting.delete(name)
        bucket, key = self._bucket_of(name), _path(name)
        versions = self._versions(bucket, key)
        ends = [self._delete_version(bucket, key, version) for version in versions]
        if not self._versions(bucket, key):
            return None
        return max((end for end in ends if end), default=SystemClock().now())

    def chain(self) -> ChainFiles:
        """Return the chain's copy."""
        bucket = self._layout.chain
        with self._named(bucket):
            files = {
                path: bytes(obstore.get(self._stores[bucket], path).bytes())
                for path, _ in self._list(bucket, None)
            }
        manifests = {
            path.rpartition("/")[2]: octets
            for path, octets in files.items()
            if path.startswith(f"{MANIFESTS}/")
        }
        return ChainFiles(manifests, files.get(PUBLIC_KEY, b""))

    def copy_chain(self, folder: Path) -> None:
        """Copy what the bucket has not yet of the chain in `folder`."""
        bucket = self._layout.chain
        copied = {path for path, _ in self._list(bucket, None)}
        local = chain_paths(folder)
        lost = sorted(copied - {*local})
        if lost:
            raise Unavailable(
                f"{folder}: has no {lost[0]}, and bucket {bucket} has: the folder is absent or"
                " older than its copy; put the right one back. Nothing was done"
            )
        for path in local:
            if path not in copied:
                self._create(bucket, path, (folder / path).read_bytes())

    def unfit(self) -> Iterator[str]:
        """Yield the buckets that protect nothing, and those to which nothing can ever be sent."""
        for bucket in sorted({*self._layout.of_category.values()}):
            lock = self._lock_of(bucket)
            longest = self._kept_in(bucket) - _SEALED_AFTER
            if not lock:
                yield f"bucket {bucket} locks nothing: who has the key deletes what is sealed there"
            elif lock >= longest:
                yield (
                    f"bucket {bucket} locks for {lock.days} days, beyond the legal end of what is"
                    f" meant for it: nothing is sent; set fewer than {longest.days}"
                )

    def _bucket_of(self, name: str) -> str:
        category = name.split(".")[1]
        return self._layout.of_category[category]

    def _outlasts(self, bucket: str, today: date, end: date) -> bool:
        """Whether an object locked now would still be on the first day it may not exist."""
        lock = self._lock_of(bucket)
        return bool(lock) and today + lock >= end

    def _earliest_end(self, bucket: str, name: str) -> date:
        return date.fromisoformat(name[:10]) + self._kept_in(bucket)

    def _kept_in(self, bucket: str) -> timedelta:
        """Return how long after its day an object of this bucket may exist, at the shortest."""
        return timedelta(days=self._layout.months[bucket] * _SHORTEST_MONTH)

    def _lock_of(self, bucket: str) -> timedelta:
        """Return how long the bucket locks whatever is put there; zero: it does not."""
        answer = self._ask("GET", f"/{bucket}", {"object-lock": ""})
        if answer.status == _GONE and "NoSuchBucket" not in answer.body:
            return timedelta()
        self._check(bucket, answer)
        return _lock(answer.body)

    def _create(self, bucket: str, path: str, octets: bytes) -> None:
        """Put an object that must not be there, or is the same already (a reply that was lost)."""
        with self._named(bucket):
            try:
                obstore.put(self._stores[bucket], path, octets, mode="create", use_multipart=False)
            except AlreadyExistsError as fault:
                found = bytes(obstore.get(self._stores[bucket], path).bytes())
                if found != octets:
                    raise Unavailable(f"{bucket}/{path}: holds something else") from fault

    def _list(self, bucket: str, prefix: str | None) -> Iterator[tuple[str, int]]:
        with self._named(bucket):
            for page in obstore.list(self._stores[bucket], prefix):
                yield from ((each["path"], each["size"]) for each in page)

    def _versions(self, bucket: str, key: str) -> list[str]:
        """Return the versions of an object, markers of its deletion among them."""
        found: list[str] = []
        asked = {"prefix": key}
        while asked:
            listed = self._ask("GET", f"/{bucket}", {"versions": "", "prefix": key} | asked)
            self._check(bucket, listed)
            try:
                page = read_page(listed.body)
            except ValueError as fault:
                raise Unavailable(f"bucket {bucket}: lists no versions: {fault}") from fault
            found += [version for at, version in page.versions if at == key]
            asked = page.following
        return found

    def _delete_version(self, bucket: str, key: str, version: str) -> datetime | None:
        answer = self._ask("DELETE", f"/{bucket}/{key}", {"versionId": version})
        if answer.status in _DONE or answer.status == _GONE:
            return None
        if answer.status == _REFUSED:
            head = self._ask("HEAD", f"/{bucket}/{key}", {"versionId": version})
            if until := head.headers.get(_UNTIL):
                return datetime.fromisoformat(until)
        self._check(bucket, answer)
        return None

    def _ask(self, method: str, path: str, query: Mapping[str, str]) -> Answer:
        target = signed_target(self._account, method, path, query, SystemClock().now())
        return send(self._account, method, target, self._seconds)

    def _check(self, bucket: str, answer: Answer) -> None:
        if answer.status not in _DONE:
            code = _CODE.search(answer.body)
            raise Unavailable(f"bucket {bucket}: refuses: {code[1] if code else answer.status}")

    @contextmanager
    def _named(self, bucket: str) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError) as fault:
            raise Unavailable(f"bucket {bucket}: {_cause(fault, self._seconds)}") from fault


_SEALED_AFTER = timedelta(days=1 + GRACE_DAYS)
"""How old a day is, at the least, when its objects are sent."""
_SHORTEST_MONTH = 29
"""A month is never shorter but for one February: three are 89 days at least, a year 365."""


def _open(account: Account, bucket: str, seconds: float) -> S3Store:
    return S3Store(
        bucket,
        endpoint=account.endpoint,
        region=account.region,
        access_key_id=account.access_key_id,
        secret_access_key=account.secret_access_key,
        checksum_algorithm="SHA256",
        client_options={
            "allow_http": account.endpoint.startswith("http:"),
            "connect_timeout": timedelta(seconds=min(seconds, _CONNECT_SECONDS)),
            "timeout": timedelta(seconds=seconds),
        },
        retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=seconds)},
    )


_CONNECT_SECONDS = 10.0


def _path(object_name: str) -> str:
    return str(segment_path(Path(), object_name))


def _lock(configuration: str) -> timedelta:
    """Return how long a bucket locks what is put there."""
    days, years = _DAYS.search(configuration), _YEARS.search(configuration)
    return timedelta(days=(int(days[1]) if days else 0) + (int(years[1]) * 366 if years else 0))


def _cause(fault: BaseException, seconds: float) -> str:
    """Return why obstore failed, in words; its own text goes on for a page."""
    told = str(fault)
    if code := _CODE.search(told):
        return f"refuses: {code[1]}"
    if isinstance(fault, PermissionDeniedError):
        return "refuses"
    if "kind: Timeout" in told or "TimedOut" in told:
        return f"answers late: over {seconds:g} s"
    if "kind: Connect" in told:
        return "is away"
    return f"broke off: {told.partition(chr(10))[0][:120]}"
