"""The base's own small certification authority: for the two ends of RadSec, and nothing else.

A site proves itself by a certificate with its NAS's DNS name (`tls_name`), the base by one with its
own; both are issued here, by one key that certifies nobody besides. P-256, RFC 5280. Time and
serials' register come from the caller; keys are made here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS: Final = 3650
CERTIFICATE_DAYS: Final = 730
LIST_DAYS: Final = 400
"""Longer than a year: a base nobody touches for a year does not shut its sites out."""
_EARLIER: Final = timedelta(days=1)
"""A router's clock may be behind before its first synchronisation."""


class Purpose(Enum):
    """Which end of RadSec a certificate is for."""

    BASE = ExtendedKeyUsageOID.SERVER_AUTH
    SITE = ExtendedKeyUsageOID.CLIENT_AUTH


@dataclass(frozen=True, slots=True)
class Authority:
    """Who signs."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def make(cls, name: str, now: datetime) -> "Authority":
        """Return a new authority of ten years; `name` is for people."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        public = key.public_key()
        builder = (
            _builder(subject, subject, now, AUTHORITY_DAYS)
            .public_key(public)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )
        return cls(builder.sign(key, SHA256()), key)

    @classmethod
    def read(cls, certificate: bytes, key: bytes) -> "Authority":
        """Return the authority of two PEM texts.

        Raises:
            ValueError: they are not what `make` gave.
        """
        found = load_pem_private_key(key, password=None)
        if not isinstance(found, ec.EllipticCurvePrivateKey):
            raise ValueError("expected a P-256 key")
        return cls(x509.load_pem_x509_certificate(certificate), found)

    @property
    def pem(self) -> bytes:
        """Its certificate, for everybody."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """Its private key, to be sealed."""
        return _key_pem(self.key)

    def issue(self, dns_name: str, purpose: Purpose, now: datetime) -> "Issued":
        """Return a new key and its certificate of two years for one DNS name."""
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key()
        subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "RadSec")])
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        names = x509.SubjectAlternativeName([x509.DNSName(dns_name)])
        builder = (
            _builder(subject, self.certificate.subject, now, CERTIFICATE_DAYS)
            .public_key(public)
            .add_extension(names, critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose.value]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(signer, critical=False)
        )
        return Issued(builder.sign(self.key, SHA256()), _key_pem(key))

    def revocation_list(self, revoked: Mapping[int, datetime], now: datetime) -> bytes:
        """Return the list (PEM) of revoked serials and since when, in force for 400 days."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now - _EARLIER)
            .next_update(now + timedelta(days=LIST_DAYS))
            .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
        )
        for serial, since in sorted(revoked.items()):
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.PEM)


@dataclass(frozen=True, slots=True)
class Issued:
    """A new certificate and its key, which is kept nowhere else."""

    certificate: x509.Certificate
    key_pem: bytes

    @property
    def pem(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def serial(self) -> int:
        """What a revocation list names it by."""
        return self.certificate.serial_number

    @property
    def ends_at(self) -> datetime:
        """Its last instant, UTC."""
        return self.certificate.not_valid_after_utc


def _builder(
    subject: x509.Name, issuer: x509.Name, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
