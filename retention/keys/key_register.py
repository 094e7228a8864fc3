"""Segment keys, each wrapped for every pair of custodians: age inside age.

A small folder of its own, apart from the segments and left out of long-term backups, because
destroying a segment's entry here is what purges it. The outer layer opens for the first of a pair
and the inner one for the second: one custodian alone, or the server, opens nothing.
"""

import base64
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from retention import durable
from retention.keys import age
from retention.manifests import canonical
from territory.errors import ConfigurationError, Fault

FORMAT = "socle-key-register-1"


@dataclass(frozen=True, slots=True, order=True)
class Custodian:
    """Someone who holds one half of every opening."""

    login: str
    """How the register and the cases name them."""
    recipient: str
    """Their age public key; the private one never comes here."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A segment's identity that two custodians open one after the other."""

    outer: str
    """Login of who opens first."""
    inner: str
    """Login of who opens second."""
    sealed: bytes
    """age file for `outer`; in it, an age file for `inner`; in it, the identity."""
    recipients: tuple[str, ...] = ()
    """age public keys of `outer` and of `inner`; empty in entries that do not say."""

    def is_for(self, first: Custodian, second: Custodian) -> bool:
        """Whether these two open it, with the keys they have now."""
        named = {self.outer, self.inner} == {first.login, second.login}
        return named and (
            not self.recipients or {*self.recipients} == {first.recipient, second.recipient}
        )


def check_custodians(custodians: Sequence[Custodian]) -> None:
    """Refuse to seal where no pair could open.

    Raises:
        ConfigurationError: fewer than two custodians, or a key that is none, or one key twice.
    """
    faults = [
        Fault(f"operators: {c.login}: age_recipient", "expected an age public key (age1...)")
        for c in custodians
        if not age.is_recipient(c.recipient)
    ]
    if len({c.recipient for c in custodians}) < max(2, len(custodians)):
        found = f"at least two custodians, each with an age key of their own; {len(custodians)} has"
        faults.append(Fault("operators", f"expected {found}"))
    if faults:
        raise ConfigurationError(faults)


def wrap(identity: str, custodians: Sequence[Custodian]) -> list[WrappedKey]:
    """Return `identity` wrapped for each pair, in the order of their logins."""
    return [
        WrappedKey(
            *(first.login, second.login, _wrap(identity, first, second)),
            (first.recipient, second.recipient),
        )
        for first, second in itertools.combinations(sorted(custodians), 2)
    ]


def _wrap(identity: str, outer: Custodian, inner: Custodian) -> bytes:
    return age.seal(age.seal(identity.encode() + b"\n", inner.recipient), outer.recipient)


def unwrap(sealed: bytes, identity: str) -> bytes:
    """Return what is under one layer.

    Raises:
        age.CannotOpen: not this custodian's layer.
    """
    return age.open_sealed(sealed, identity)


def encode_keys(object_name: str, keys: Sequence[WrappedKey]) -> bytes:
    """Return the octets of a segment's entry."""
    pairs = [
        {
            "outer": k.outer,
            "inner": k.inner,
            "recipients": k.recipients,
            "sealed": base64.b64encode(k.sealed).decode(),
        }
        for k in keys
    ]
    return canonical.encode({"format": FORMAT, "object": object_name, "pairs": pairs})


def decode_keys(entry: bytes) -> list[WrappedKey]:
    """Return the wrapped keys in a segment's entry.

    Raises:
        ValueError, KeyError, TypeError: not an entry.
    """
    return [
        WrappedKey(
            *(pair["outer"], pair["inner"], base64.b64decode(pair["sealed"])),
            tuple(pair.get("recipients", ())),
        )
        for pair in json.loads(entry)["pairs"]
    ]


class KeyRegister:
    """The folder of wrapped keys, a file for each segment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, object_name: str, keys: Sequence[WrappedKey]) -> None:
        """Keep a segment's wrapped keys, durably."""
        durable.write(self._path(object_name), encode_keys(object_name, keys), mode=0o600)

    def change(self, object_name: str, keys: Sequence[WrappedKey]) -> None:
        """Put other wrapped keys in the place of a segment's, durably; what goes is overwritten."""
        durable.replace(self._path(object_name), encode_keys(object_name, keys), mode=0o600)

    def has(self, object_name: str) -> bool:
        """Whether the segment can still be opened."""
        return self._path(object_name).exists()

    def get(self, object_name: str, first: str, second: str) -> WrappedKey | None:
        """Return the key of a segment for two custodians, whichever of them opens first."""
        for key in self.keys(object_name):
            if {key.outer, key.inner} == {first, second}:
                return key
        return None

    def keys(self, object_name: str) -> list[WrappedKey]:
        """Return every wrapped key of a segment; none once it is destroyed."""
        try:
            return decode_keys(self._path(object_name).read_bytes())
        except FileNotFoundError:
            return []

    def destroy(self, object_name: str) -> None:
        """Make the segment unreadable for ever; once destroyed, again is no fault.

        First goes what a process killed while it wrote the entry has left of it.
        """
        path = self._path(object_name)
        durable.sweep(path.parent, path.name)
        durable.destroy(path)

    def sweep(self) -> None:
        """Destroy what killed processes left unfinished."""
        for folder in self.folder.glob("*/"):
            durable.sweep(folder)

    def names(self) -> set[str]:
        """Return the objects whose keys are here."""
        return {path.stem for path in self.folder.glob("*/*.json")}

    def _path(self, object_name: str) -> Path:
        return self.folder / object_name[:4] / f"{object_name}.json"
