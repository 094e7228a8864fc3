"""Where a synthetic guest logs in: its gateway, the portal's names, the RADIUS server (shell).

The portal is reached by its public address, RADIUS where sites reach it, or at this machine where
the probes' addresses are loopback ones.
"""

import asyncio
import socket
import ssl
from ipaddress import ip_address
from urllib.parse import urlsplit

from simulation.configuration import GatewayConfiguration, RadiusServer
from simulation.configured import portal_address
from simulation.phone import Doorway
from simulation.radius_port import Patience
from simulation.synthetic_guest import Errand
from supervision.synthetic.records import Probe
from territory.errors import Unavailable
from territory.keyring import Keyring
from territory.probes import LOGIN_PORT, probe_code, probe_secret
from territory.settings import Settings
from territory.site_test.probes import PROBES

WISH = next(probe.url for probe in PROBES if probe.code == "android")
"""What a phone asks when it joins a network."""
NAME_SECONDS = 5.0
_PATIENCE = Patience(wait_seconds=1.5, tries=3)
_STOP_SECONDS = 3.0
"""A server that does not confirm a report within it makes its guests wait as well."""
_PORTS = {"http": 80, "https": 443}


def gateway_of(probe: Probe, settings: Settings, keyring: Keyring) -> GatewayConfiguration:
    """Return the gateway that a synthetic guest stands behind: of its NAS's dialect."""
    code, radius = probe_code(probe.nas_code), settings.radius
    return GatewayConfiguration(
        nasid=code,
        address=probe.address,
        portal=portal_address(settings.portal.public_url, probe.brand, code),
        portal_secret=probe_secret(keyring, "portal", probe.id),
        radius=RadiusServer(
            probe_secret(keyring, "radius", probe.id),
            radius_host(probe.address, settings),
            radius.authentication_port,
            radius.accounting_port,
            _PATIENCE,
        ),
        login_port=LOGIN_PORT,
        web_port=0,
        stop_seconds=_STOP_SECONDS,
        brand=probe.brand,
        variant=probe.variant,
    )


def radius_host(source: str, settings: Settings) -> str:
    """Return where RADIUS answers a probe at this address."""
    radius = settings.radius
    if radius.reached_at and not ip_address(source).is_loopback:
        return str(radius.reached_at[0])
    return "127.0.0.1" if ip_address(radius.host).is_unspecified else radius.host


async def portal_hosts(settings: Settings) -> dict[str, Doorway]:
    """Return the portal's names, and where each leads now.

    Raises:
        Unavailable: one of them leads nowhere.
    """
    portal = settings.portal
    urls = [urlsplit(url) for url in (portal.public_url, portal.plain_url) if url]
    hosts = {}
    for url in urls:
        host, port = url.hostname or "", url.port or _PORTS[url.scheme]
        hosts[host] = Doorway(await _address(host), port)
    return hosts


async def errand_of(
    probe: Probe, settings: Settings, keyring: Keyring, trusts: ssl.SSLContext | None = None
) -> Errand:
    """Return one log-in to be made.

    Raises:
        Unavailable: the portal's name leads nowhere.
    """
    hosts = await portal_hosts(settings)
    return Errand(gateway_of(probe, settings, keyring), hosts, WISH, trusts)


async def _address(host: str) -> str:
    try:
        async with asyncio.timeout(NAME_SECONDS):
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(host, None, family=socket.AF_INET)
    except (OSError, TimeoutError, UnicodeError) as fault:
        raise Unavailable(f"{host} leads nowhere") from fault
    return str(found[0][4][0])
