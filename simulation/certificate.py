"""A certificate that signs itself, as controllers and gateways have out of the box."""

import ssl
import tempfile
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BORN = datetime(2020, 1, 1, tzinfo=UTC)
LIFE = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """A key and its certificate."""

    pem: bytes
    """The certificate, as those who shall trust it need it."""
    key_pem: bytes = field(repr=False)
    """Its private key."""

    @property
    def key_digest(self) -> str:
        """SHA-256 of its public key (SubjectPublicKeyInfo) in base64, as browsers pin it."""
        key = x509.load_pem_x509_certificate(self.pem).public_key()
        octets = key.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return b64encode(sha256(octets).digest()).decode()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in lower-case hex."""
        found = x509.load_pem_x509_certificate(self.pem)
        return sha256(found.public_bytes(serialization.Encoding.DER)).hexdigest()

    def server_context(self) -> ssl.SSLContext:
        """Return what a server that shows it listens with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:
            Path(file.name).write_bytes(self.pem + self.key_pem)
            context.load_cert_chain(file.name)
        return context

    def trusting_context(self) -> ssl.SSLContext:
        """Return what a browser or a client connects with that trusts it and nobody else."""
        return trusting(self)


def trusting(*certificates: ServerCertificate) -> ssl.SSLContext:
    """Return what a browser or a client connects with that trusts these and nobody else."""
    return ssl.create_default_context(cadata="".join(each.pem.decode() for each in certificates))


def self_signed(*names: str) -> ServerCertificate:
    """Return a new certificate for these DNS names and IP addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BORN)
        .not_valid_after(BORN + LIFE)
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return ServerCertificate(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
