"""The certificates of RadSec: the base's own authority, and what it issued; a thin shell.

Everything lies in `radsec` of the state folder: the authority (its key sealed with the master key),
the base's certificate and key, the revocation list, and the register of what was issued to whom. A
site's key is written once, where it was asked for, and kept nowhere. Every act is an audit line,
and renews the revocation list. Commands at the same time wait for each other.
"""

import fcntl
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final

from deploy.packages.authority import Authority, Issued, Purpose
from deploy.packages.bundle import PUBLIC, RADSEC_FOLDER, SECRET, BundleFile
from deploy.packages.writing import write_bundle
from territory.errors import ConfigurationError, Fault
from territory.keyring import Keyring

FOLDER: Final = "radsec"
"""In the state folder."""
_AUTHORITY, _AUTHORITY_KEY = "authority.pem", "authority.key.sealed"
_BASE, _BASE_KEY = "base.pem", "base.key"
_LIST, _REGISTER = "revoked.crl", "issued.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One certificate that was issued."""

    dns_name: str
    """Whom it names."""
    site: str | None
    """The site's code; None for the base's own."""
    nas: str | None
    """The NAS's code; None for the base's own."""
    serial: str
    """Hexadecimal."""
    issued_at: str
    """ISO 8601, UTC, as the two below."""
    ends_at: str
    revoked_at: str | None = None

    def ends(self) -> datetime:
        """Return its last instant."""
        return datetime.fromisoformat(self.ends_at)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is to have a certificate."""

    site: str
    gateway: str
    nas: str
    tls_name: str


class Certificates:
    """The folder of one base; use it inside `opened`."""

    def __init__(self, folder: Path, keyring: Keyring, now: datetime) -> None:
        self.folder = folder
        self._keyring = keyring
        self._now = now

    def prepare(self, dns_name: str) -> Entry:
        """Give the base a certificate for its name; make the authority where there is none."""
        if not (self.folder / _AUTHORITY).exists():
            self._make_authority(dns_name)
        authority = self._authority()
        issued = authority.issue(dns_name, Purpose.BASE, self._now)
        entry = self._entry(dns_name, issued)
        self._write((_BASE_KEY, issued.key_pem.decode()), (_BASE, issued.pem.decode()))
        self._record(authority, [*self.entries(), entry])
        return entry

    def issue(self, holders: Iterable[Holder], output: Path) -> list[Entry]:
        """Give each NAS a key and a certificate, written into its gateway's bundle.

        Raises:
            ConfigurationError: no authority yet, or a folder that cannot be written.
        """
        authority = self._authority()
        entries = self.entries()
        made = []
        for holder in holders:
            issued = authority.issue(holder.tls_name, Purpose.SITE, self._now)
            entry = replace(self._entry(holder.tls_name, issued), site=holder.site, nas=holder.nas)
            made.append(entry)
            write_bundle(_files(authority, issued), output / holder.gateway)
        self._record(authority, [*entries, *made])
        return made

    def revoke(self, site: str) -> list[Entry]:
        """Revoke all that was issued to a site and still counts; return it.

        Raises:
            ConfigurationError: no authority yet.
        """
        authority = self._authority()
        entries = self.entries()
        counts = [e for e in entries if e.site == site and not e.revoked_at and self._lasts(e)]
        ended = self._now.isoformat()
        after = [replace(e, revoked_at=ended) if e in counts else e for e in entries]
        self._record(authority, after)
        return counts

    def entries(self) -> list[Entry]:
        """Return what was issued, in order."""
        return read_register(self.folder)

    def _lasts(self, entry: Entry) -> bool:
        return entry.ends() > self._now

    def _entry(self, dns_name: str, issued: Issued) -> Entry:
        serial, now, ends = f"{issued.serial:x}", self._now.isoformat(), issued.ends_at.isoformat()
        return Entry(dns_name, None, None, serial, now, ends)

    def _make_authority(self, dns_name: str) -> None:
        authority = Authority.make(f"Socle RadSec, {dns_name}", self._now)
        sealed = self._keyring.seal(authority.key_pem.decode())
        self._write((_AUTHORITY_KEY, sealed.decode()), (_AUTHORITY, authority.pem.decode()))

    def _authority(self) -> Authority:
        try:
            certificate = (self.folder / _AUTHORITY).read_bytes()
            key = self._keyring.open((self.folder / _AUTHORITY_KEY).read_bytes())
            return Authority.read(certificate, key.encode())
        except (OSError, ValueError) as fault:
            expected = "expected the base's authority: run `socle radsec prepare NAME` first"
            raise ConfigurationError([Fault(str(self.folder), expected)]) from fault

    def _record(self, authority: Authority, entries: Sequence[Entry]) -> None:
        """Keep the register, and renew the list of revoked certificates that have not ended."""
        revoked = {
            int(entry.serial, 16): datetime.fromisoformat(entry.revoked_at)
            for entry in entries
            if entry.revoked_at and self._lasts(entry)
        }
        text = json.dumps([asdict(entry) for entry in entries], indent=1) + "\n"
        listed = authority.revocation_list(revoked, self._now).decode()
        self._write((_REGISTER, text), (_LIST, listed))

    def _write(self, *contents: tuple[str, str]) -> None:
        """Write files for their owner alone: the server reads them as the same user."""
        write_bundle(
            (BundleFile(PurePosixPath(name), content, SECRET) for name, content in contents),
            self.folder,
        )


@contextmanager
def opened(folder: Path, keyring: Keyring, now: datetime) -> Iterator[Certificates]:
    """Hold the folder while something is done to it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Certificates(folder, keyring, now)


def read_register(folder: Path) -> list[Entry]:
    """Return what was issued; nothing where nothing ever was."""
    try:
        return [Entry(**entry) for entry in json.loads((folder / _REGISTER).read_text())]
    except FileNotFoundError:
        return []


def settings_text(folder: Path, dns_name: str) -> str:
    """Return what `socle.toml` needs for the base to use these files."""
    place = folder.resolve()
    return (
        "[radius.radsec]\n"
        f'certificate = "{place / _BASE}"\n'
        f'key = "{place / _BASE_KEY}"\n'
        f'authorities = "{place / _AUTHORITY}"\n'
        f'revocation_lists = "{place / _LIST}"\n'
        f'reached_at = "{dns_name}"\n'
    )


def _files(authority: Authority, issued: Issued) -> tuple[BundleFile, ...]:
    return (
        BundleFile(RADSEC_FOLDER / "site.key", issued.key_pem.decode(), SECRET),
        BundleFile(RADSEC_FOLDER / "site.pem", issued.pem.decode(), PUBLIC),
        BundleFile(RADSEC_FOLDER / "authority.pem", authority.pem.decode(), PUBLIC),
    )
