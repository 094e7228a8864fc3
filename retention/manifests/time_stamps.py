"""RFC 3161: an authority outside says when each day's manifest existed.

A manifest's own date is the word of whoever holds the archive's key. A token over the file of a
`day` link, kept raw beside it as `NAME.json.tsr`, is another's word, and vouches by the chain for
all the links before. An authority that is away stops nothing: the next run asks again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import aiohttp
import structlog
from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from retention import durable
from retention.manifests import manifest
from retention.manifests.chain import MANIFESTS, Chain
from territory.errors import ConfigurationError, Fault, Unavailable
from territory.settings.evidence import ArchiveSettings

TOKEN = ".tsr"  # noqa: S105 - how a file ends
_CERTIFICATES = ".authority.pem"
_MOST_AT_ONCE = 40
"""Days dated by one run, oldest first: an authority is not flooded by an archive's past."""
_MOST_OCTETS = 64 << 10
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"

log = structlog.get_logger()


class NoToken(Exception):
    """Not a token over this, by this authority; the message says why."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Who dates manifests."""

    url: str
    certificates: bytes
    """PEM: what its tokens are checked against."""
    seconds: float
    """How long one answer may take."""

    @classmethod
    def read(cls, url: str, certificate: Path, seconds: float) -> "Authority":
        """Return the authority of the settings.

        Raises:
            ConfigurationError: its certificate cannot be read.
        """
        try:
            octets = certificate.read_bytes()
            load_pem_x509_certificates(octets)
        except (OSError, ValueError) as fault:
            expected = f"expected PEM certificates: {certificate}: {fault}"
            raise ConfigurationError([Fault("archive.time_stamp_certificate", expected)]) from fault
        return cls(url, octets, seconds)


def authority_of(settings: ArchiveSettings) -> Authority | None:
    """Return who dates manifests, as the settings say; None where nobody does."""
    url, certificate = settings.time_stamp_authority, settings.time_stamp_certificate
    if not (url and certificate):
        return None
    return Authority.read(url, certificate, settings.timeout_seconds)


def ask_for(octets: bytes) -> bytes:
    """Return the request (DER) for a token over `octets`, with the signer's certificate in it."""
    builder = TimestampRequestBuilder().data(octets).hash_algorithm(HashAlgorithm.SHA256)
    return builder.cert_request(cert_request=True).build().as_bytes()


def check_token(token: bytes, octets: bytes, certificates: bytes) -> datetime:
    """Return the instant at which a token says that `octets` existed.

    Args:
        token: the authority's reply as it came (DER, TimeStampResp).
        octets: what it is said to be over.
        certificates: PEM; each counts as a root.

    Raises:
        NoToken: another content, another authority, changed, or none at all.
    """
    try:
        reply = decode_timestamp_response(token)
        verifier = VerifierBuilder()
        for certificate in _distinct(load_pem_x509_certificates(certificates)):
            verifier = verifier.add_root_certificate(certificate)
        verifier.build().verify_message(reply, octets)
    except (ValueError, VerificationError) as fault:
        raise NoToken(str(fault) or type(fault).__name__) from fault
    return reply.tst_info.gen_time


def _distinct(certificates: list[Certificate]) -> list[Certificate]:
    return list(dict.fromkeys(certificates))


def token_problems(files: Mapping[str, bytes], days: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the tokens that are wrong, by their names, and what is wrong with each.

    Args:
        files: the folder `manifests`, with the certificates that were published in it.
        days: the names of the `day` links.
    """
    certificates = b"\n".join(files[name] for name in files if name.endswith(_CERTIFICATES))
    for name in days:
        if name + TOKEN in files:
            try:
                check_token(files[name + TOKEN], files[name], certificates)
            except NoToken as fault:
                yield name + TOKEN, f"does not date this manifest: {fault}"


def missing(chain: Chain) -> list[Path]:
    """Return the files of the days that have no token, oldest first."""
    folder = chain.folder / MANIFESTS
    paths = (folder / manifest.file_name(link) for link in chain.days())
    return [path for path in paths if not _token(path).exists()]


def _token(path: Path) -> Path:
    return path.with_name(path.name + TOKEN)


def _publish(chain: Chain, authority: Authority) -> None:
    """Put the authority's certificates beside the tokens; those of before stay, for theirs."""
    digest = manifest.digest(authority.certificates)[:12]
    path = chain.folder / MANIFESTS / f"{digest}{_CERTIFICATES}"
    if not path.exists():
        durable.write(path, authority.certificates, mode=0o644)


async def date_days(chain: Chain, authority: Authority) -> None:
    """Ask for the tokens that miss, at most forty.

    An authority that is away, refuses or answers with what cannot be checked is logged, and asked
    again by the next run.
    """
    _publish(chain, authority)
    waiting = missing(chain)
    try:
        async with aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=authority.seconds)
        ) as web:
            for path in waiting[:_MOST_AT_ONCE]:
                durable.write(_token(path), await _ask(web, authority, path.read_bytes()))
    except Unavailable as fault:
        log.warning("time_stamp_not_given", cause=str(fault), days=len(waiting))


async def _read(content: aiohttp.StreamReader) -> bytes:
    """Return a reply once all of its parts have come.

    Raises:
        NoToken: it is longer than any.
    """
    octets = b""
    while part := await content.read(_MOST_OCTETS):
        octets += part
        if len(octets) > _MOST_OCTETS:
            raise NoToken("too long")
    return octets


async def _ask(web: aiohttp.ClientSession, authority: Authority, octets: bytes) -> bytes:
    """Return a token that has been checked.

    Raises:
        Unavailable: none came, or another than asked for.
    """
    headers = {"Content-Type": _QUERY, "Accept": _REPLY}
    try:
        async with web.post(authority.url, data=ask_for(octets), headers=headers) as answer:
            answer.raise_for_status()
            token = await _read(answer.content)
        check_token(token, octets, authority.certificates)
    except (aiohttp.ClientError, TimeoutError, NoToken) as fault:
        cause = str(fault) or "answers late"
        raise Unavailable(f"{authority.url}: {cause}") from fault
    return token
