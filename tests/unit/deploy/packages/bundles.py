"""Bundles by path, and what their UCI files say."""

import re
from dataclasses import replace

from deploy.packages.bundle import (
    BundleFile,
    render,
)
from deploy.packages.catalogue import offer_named
from deploy.packages.site_sheet import Base, GatewaySheet, NasSheet, SiteSheet, TunnelSheet
from tests.unit.deploy.packages.sheets import (
    BASE,
    CHILLI,
    SITE,
)

OFFER = offer_named("town-hall")
OPTION = re.compile(r"^\t(option|list) (\w+) '((?:[^']|'\\'')*)'$")
PAGES = (".html", ".py")
TUNNEL = TunnelSheet("10.55.0.11", "cHJpdmF0ZQ==", "cHJlc2hhcmVk")
BATCH = re.compile(r"^(?:set|add_list|del_list) [\w.@\[\]]+=(?:[\w-]+|'(?:[^']|'\\'')*')$")


def files(
    gateway: GatewaySheet = CHILLI, site: SiteSheet = SITE, base: Base = BASE
) -> dict[str, BundleFile]:
    """Return a bundle by path."""
    return {str(file.path): file for file in render(OFFER, site, gateway, base)}


def with_nas(nas: NasSheet) -> GatewaySheet:
    """Return the CoovaChilli gateway with this NAS."""
    return replace(CHILLI, nas=(nas,))


def options(content: str) -> dict[str, list[str]]:
    """Return the options of a UCI file that has one section; any other line is an error."""
    found: dict[str, list[str]] = {}
    sections = 0
    for line in content.splitlines():
        sections += line.startswith("config ")
        if not line.strip() or line.lstrip().startswith("#") or line.startswith("config "):
            continue
        match = OPTION.match(line)
        assert match, f"not UCI: {line!r}"
        found.setdefault(match[2], []).append(match[3].replace("'\\''", "'"))
    assert sections == 1
    return found
