"""Debian's radsecproxy as a site's router has it: the bundle's own configuration, in a folder.

Only what cannot be the same on one machine is changed: where its files lie and its UDP ports.
"""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.packages.authority import Issued
from deploy.packages.bundle import RADSEC_FOLDER, render
from deploy.packages.catalogue import offer_named
from territory.vocabulary import Link
from tests.servers.addresses import free_port
from tests.servers.radsec import Papers
from tests.unit.deploy.packages.sheets import BASE, CHILLI, SITE

PROGRAM = shutil.which("radsecproxy") or "/usr/sbin/radsecproxy"
_STOP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running radsecproxy."""

    authentication_port: int
    """UDP, on loopback."""
    accounting_port: int
    secret: str
    """Between the gateway and the proxy."""
    log: Path


@asynccontextmanager
async def radsecproxy(
    papers: Papers, site: Issued, base: tuple[str, int], tls: str = "TLS1_2:"
) -> AsyncIterator[Proxy]:
    """Run the proxy of a rendered bundle, which reaches the base at this name and port."""
    folder = papers.folder / "router"
    ports = free_port(), free_port()
    text = router_files(folder, papers, site, base)
    for known, port in zip((1812, 1813), ports, strict=True):
        text = text.replace(f"127.0.0.1:{known}\n", f"127.0.0.1:{port}\n")
    (folder / "radsecproxy.conf").write_text(text.replace("TLS1_2:\n", f"{tls}\n"))
    with (folder / "log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            *(PROGRAM, "-f", "-c", str(folder / "radsecproxy.conf")), stdout=log, stderr=log
        )
        try:
            yield Proxy(*ports, _secret(text), folder / "log")
        finally:
            process.terminate()
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()


def router_files(folder: Path, papers: Papers, site: Issued, base: tuple[str, int]) -> str:
    """Make the folder a router has, and return the configuration its bundle has for it."""
    folder.mkdir()
    (folder / "authority.pem").write_bytes(papers.authority.pem)
    (folder / "site.pem").write_bytes(site.pem)
    (folder / "site.key").write_bytes(site.key_pem)
    return _configuration(base).replace(f"/{RADSEC_FOLDER.relative_to('files')}", str(folder))


def _configuration(base: tuple[str, int]) -> str:
    name, port = base
    known = replace(BASE, radsec_name=name, radsec_port=port)
    files = render(offer_named("town-hall"), replace(SITE, link=Link.RADSEC), CHILLI, known)
    (found,) = (file.content for file in files if file.path.name == "radsecproxy.conf")
    return found


def _secret(text: str) -> str:
    found = re.search(r'secret "(.*)"', text)
    assert found
    return found[1]
