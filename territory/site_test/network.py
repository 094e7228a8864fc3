"""The portal's name and certificate as they are reached from here (shell).

The certificate is read whether or not it is trusted: why it is not is what a technician wants to
know. Every wait has a deadline.
"""

import asyncio
import socket
import ssl
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509

from territory.site_test.readings import Certificate, PortalSeen

ANSWER_SECONDS: Final = 5.0
_HTTPS: Final = 443


async def look_at_portal(url: str, trusts: ssl.SSLContext | None = None) -> PortalSeen:
    """Return what the portal's public address leads to.

    Args:
        url: `https://name[:port]`, or `http://` where the portal is in clear.
        trusts: whom to believe; None: the system's authorities.
    """
    parts = urlsplit(url)
    name, port = parts.hostname or "", parts.port or _HTTPS
    addresses = await _addresses(name)
    if parts.scheme != "https" or not addresses:
        return PortalSeen(url, addresses)
    fault = ""
    try:
        octets = await _certificate(name, port, _any_name(trusts or ssl.create_default_context()))
    except ssl.SSLCertVerificationError as refused:
        fault = refused.verify_message
        octets = await _unproven(name, port)
    except (OSError, TimeoutError):
        return PortalSeen(url, addresses)
    try:
        return PortalSeen(url, addresses, _read(octets, fault) if octets else None)
    except ValueError:  # what is shown is no certificate that can be read
        return PortalSeen(url, addresses)


async def _addresses(name: str) -> tuple[str, ...]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            found = await loop.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _any_name(context: ssl.SSLContext) -> ssl.SSLContext:
    """The name is judged apart, with words of our own."""
    context.check_hostname = False
    return context


async def _unproven(name: str, port: int) -> bytes | None:
    context = _any_name(ssl.create_default_context())
    context.verify_mode = ssl.CERT_NONE
    try:
        return await _certificate(name, port, context)
    except (OSError, TimeoutError):
        return None


async def _certificate(name: str, port: int, context: ssl.SSLContext) -> bytes | None:
    """Return the certificate that is shown, DER; raises as `asyncio.open_connection` does."""
    async with asyncio.timeout(ANSWER_SECONDS):
        _, writer = await asyncio.open_connection(name, port, ssl=context, server_hostname=name)
    shown: ssl.SSLObject = writer.get_extra_info("ssl_object")
    octets = shown.getpeercert(binary_form=True)
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(ANSWER_SECONDS):
            await writer.wait_closed()
    return octets


def _read(octets: bytes, fault: str) -> Certificate:
    certificate = x509.load_der_x509_certificate(octets)
    names: tuple[str, ...] = ()
    with suppress(x509.ExtensionNotFound):
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = tuple(str(name.value) for name in extension.value)
    return Certificate(names, certificate.not_valid_after_utc, fault)
