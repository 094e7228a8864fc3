"""Who this server is over TLS and whom it believes: certificate, key, authorities, revocation.

Files in, an `ssl.SSLContext` out, anew whenever a file changes: nobody restarts a server because
a certificate was renewed. A server starts only with files that agree with each other. What is only
a matter of time does not stop the start, for RADIUS by UDP goes on: an expired certificate, which
sites refuse, and a revocation list past its time, with which nobody new is let in (RFC 5280 §6.3;
docs/decisions/stale-revocation-lists.md). Both are faults for `socle doctor`.
"""

import hashlib
import re
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from territory.errors import ConfigurationError, Fault, ProtocolError
from territory.settings.radius import RadsecSettings

_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2: RFC 9325 §4.2. RFC 6614's own list is obsolete."""
_PROTOCOL: Final = "radius/1.0"
"""ALPN (RFC 9765 §3): the packets of RFC 2865, not RADIUS/1.1."""
_SUFFIXES: Final = frozenset((".pem", ".crt", ".crl"))
_LIST: Final = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----", re.DOTALL)
_MOST_NAMES: Final = 16
_SECTION: Final = "radius.radsec"

Serial = tuple[bytes, int]
"""An issuer's name (DER) and a serial number of its own: one certificate."""
Stamp = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """What was read of the files."""

    context: ssl.SSLContext
    """For every handshake from now on."""
    expires_at: datetime
    """End of the server's own certificate."""
    lists_until: datetime | None
    """When the first revocation list is past its time; None where none is asked for."""
    authorities: bytes
    """Digest of the set, to see that it changed."""
    revoked: frozenset[Serial]


@dataclass(frozen=True, slots=True)
class PeerCertificate:
    """What counts of a site's certificate, once TLS has verified it."""

    names: tuple[str, ...]
    """Its dNSNames, lower case; the common name says nothing (RFC 6125 §6.4.4)."""
    expires_at: datetime
    serial: Serial


def read_peer(der: bytes | None) -> PeerCertificate:
    """Return what a verified certificate says of its holder.

    Raises:
        ProtocolError: `certificate` (none, or unreadable) or `no-dns-name`.
    """
    try:
        certificate = x509.load_der_x509_certificate(der or b"")
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        found = names.value.get_values_for_type(x509.DNSName)[:_MOST_NAMES]
        serial = (certificate.issuer.public_bytes(), certificate.serial_number)
    except x509.ExtensionNotFound:
        raise ProtocolError("no-dns-name") from None
    except ValueError as fault:
        raise ProtocolError("certificate") from fault
    if not found:
        raise ProtocolError("no-dns-name")
    named = tuple(name.lower() for name in found)
    return PeerCertificate(named, certificate.not_valid_after_utc, serial)


class Papers:
    """The files, and what they last said."""

    def __init__(self, settings: RadsecSettings) -> None:
        """Read them.

        Raises:
            ConfigurationError: lists what cannot be used.
        """
        self._settings = settings
        self._stamp = _stamp(settings)
        self.identity = load_identity(settings)

    def refresh(self) -> bool:
        """Read the files again if one of them changed; return whether they were read.

        Raises:
            ConfigurationError: what they say now cannot be used; what they said before stays.
        """
        stamp = _stamp(self._settings)
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        self.identity = load_identity(self._settings)
        return True


def load_identity(settings: RadsecSettings) -> Identity:
    """Return the server's identity.

    Raises:
        ConfigurationError: lists every file that cannot be used.
    """
    certificate, authorities, lists, faults = _read(settings)
    if faults or certificate is None:
        raise ConfigurationError(faults)
    until = [each.next_update_utc for each in lists if each.next_update_utc]
    digest = hashlib.sha256()
    for each in authorities:
        digest.update(each.public_bytes(Encoding.DER))
    try:
        context = _context(settings)
    except OSError as fault:  # exchanged while they were read; what TLS itself refuses, too
        raise _refused("certificate", f"expected files that TLS takes: {fault}") from fault
    return Identity(
        context=context,
        expires_at=certificate.not_valid_after_utc,
        lists_until=min(until, default=None),
        authorities=digest.digest(),
        revoked=frozenset(
            (each.issuer.public_bytes(), entry.serial_number) for each in lists for entry in each
        ),
    )


def examine_papers(settings: RadsecSettings, now: datetime) -> list[Fault]:
    """Return what is wrong with the files, what time has done included; for `socle doctor`."""
    certificate, _, lists, faults = _read(settings)
    if certificate is not None and not _is_current(certificate, now):
        expected = f"expected in force, ends {certificate.not_valid_after_utc:%Y-%m-%d}"
        faults.append(Fault(f"{_SECTION}.certificate", expected))
    for each in lists:
        if each.next_update_utc is None or each.next_update_utc <= now:
            expected = "expected a list in force: no site can connect until it is renewed"
            faults.append(Fault(f"{_SECTION}.revocation_lists", expected))
    return faults


def _is_current(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc


_Read = tuple[
    x509.Certificate | None,
    list[x509.Certificate],
    list[x509.CertificateRevocationList],
    list[Fault],
]


def _read(settings: RadsecSettings) -> _Read:
    """Return the server's certificate, the authorities, the lists, and every fault of the files."""
    faults: list[Fault] = []
    certificate = authorities = lists = None
    try:
        certificate = _certificates(settings.certificate)[0]
        _check_key(settings.key, certificate)
    except (ConfigurationError, OSError) as error:
        faults += _faults_of("certificate", error)
    try:
        authorities = _certificates(settings.authorities, "authorities")
        if settings.revocation_lists:
            lists = _lists(settings.revocation_lists, authorities)
    except (ConfigurationError, OSError) as error:
        faults += _faults_of("authorities", error)
    return certificate, authorities or [], lists or [], faults


def _faults_of(setting: str, error: ConfigurationError | OSError) -> Sequence[Fault]:
    """Return what is wrong, also where a folder cannot even be listed."""
    if isinstance(error, ConfigurationError):
        return error.faults
    return [Fault(f"{_SECTION}.{setting}", f"expected files this process may read: {error}")]


def _certificates(place: Path | None, setting: str = "certificate") -> list[x509.Certificate]:
    found = []
    for file in _files(place):
        try:
            found += x509.load_pem_x509_certificates(file.read_bytes())
        except (OSError, ValueError) as fault:
            raise _refused(setting, f"expected a certificate in PEM: {file}: {fault}") from fault
    if not found:
        raise _refused(setting, f"expected a certificate in PEM, found none in {place}")
    return found


def _check_key(file: Path | None, certificate: x509.Certificate) -> None:
    try:
        key = load_pem_private_key(_files(file)[0].read_bytes(), password=None)
    except (OSError, ValueError, TypeError, IndexError) as fault:
        expected = f"expected a private key in PEM, without passphrase: {file}: {fault}"
        raise _refused("key", expected) from fault
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise _refused("key", f"expected the key of the certificate, found another in {file}")


def _lists(
    place: Path, authorities: list[x509.Certificate]
) -> list[x509.CertificateRevocationList]:
    found = []
    for file in _files(place):
        try:
            parts = _LIST.findall(file.read_bytes())
            found += [x509.load_pem_x509_crl(part) for part in parts]
        except (OSError, ValueError) as fault:
            expected = f"expected a revocation list in PEM: {file}: {fault}"
            raise _refused("revocation_lists", expected) from fault
    if not found:
        raise _refused("revocation_lists", f"expected a list in PEM, found none in {place}")
    if not all(_is_signed_by_one(each, authorities) for each in found):
        raise _refused("revocation_lists", "expected every list to be signed by an authority")
    return found


def _is_signed_by_one(
    revocation: x509.CertificateRevocationList, authorities: list[x509.Certificate]
) -> bool:
    return any(
        revocation.is_signature_valid(cast("Any", each.public_key()))
        for each in authorities
        if each.subject == revocation.issuer
    )


def _refused(setting: str, expected: str) -> ConfigurationError:
    return ConfigurationError([Fault(f"{_SECTION}.{setting}", expected)])


def _context(settings: RadsecSettings) -> ssl.SSLContext:
    """Return a context that asks every peer for a certificate of these authorities alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    # A resumed session would be believed without a look at its certificate.
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.num_tickets = 0
    context.set_ciphers(_CIPHERS)
    context.set_alpn_protocols([_PROTOCOL])
    context.load_cert_chain(str(settings.certificate), str(settings.key))
    for file in _files(settings.authorities):
        context.load_verify_locations(cafile=file)
    for file in _files(settings.revocation_lists):
        context.load_verify_locations(cafile=file)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    return context


def _files(place: Path | None) -> list[Path]:
    """Return a file, or the PEM files of a folder."""
    if place is None:
        return []
    if not place.is_dir():
        return [place]
    return sorted(file for file in place.iterdir() if file.suffix in _SUFFIXES)


def _stamp(settings: RadsecSettings) -> Stamp:
    """Return what changes when a file does."""
    places = (
        settings.certificate,
        settings.key,
        settings.authorities,
        settings.revocation_lists,
    )
    return tuple(stamp for place in places for stamp in _stamps(place))


def _stamps(place: Path | None) -> Iterator[tuple[str, int, int, int]]:
    try:
        for file in _files(place):
            found = file.stat()
            yield str(file), found.st_mtime_ns, found.st_size, found.st_ino
    except OSError:  # on its way in or out: reading will tell
        yield str(place), 0, 0, 0
