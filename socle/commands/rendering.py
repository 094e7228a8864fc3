"""What `socle site` does: reads the territory, renders bundles, writes them. A thin shell."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import typer

from deploy.packages.bundle import BundleFile, render
from deploy.packages.catalogue import offer_named
from deploy.packages.site_sheet import Base, SiteSheet, TunnelSheet, site_sheet
from deploy.packages.writing import write_bundle
from socle.base import lay_ground
from territory.application.holding import load_held
from territory.application.state import Kind, State
from territory.application.tunnel_peers import load_secrets
from territory.database.connect import open_engine
from territory.errors import ConfigurationError, Fault
from territory.settings import Settings, load_settings

_DEFAULT_PACKAGE = "town-hall"
_COLUMNS = ("code", "link", "plan")

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Rendered:
    """What is to be rendered."""

    code: str
    """The site."""
    output: Path
    """Where to."""
    package: str | None
    """The offer; None: the one it was ordered as, else the town hall."""


def list_sites(settings_file: Path | None, *, as_json: bool) -> None:
    """Print every site with what it is reached by."""
    sites = _with_state(load_settings(settings_file), _sites)
    if as_json:
        typer.echo(json.dumps(sites, ensure_ascii=False))
        return
    widths = {key: max((len(site[key]) for site in sites), default=0) for key in _COLUMNS}
    for site in sites:
        known = "  ".join(f"{site[key]:{widths[key]}}" for key in _COLUMNS)
        typer.echo(f"{known}  {site['name']}  [{', '.join(site['gateways'])}]")


def render_site(wanted: Rendered, settings_file: Path | None, *, as_json: bool) -> None:
    """Write the bundle of each of a site's gateways.

    Raises:
        ConfigurationError: every reason why it cannot be rendered; nothing is written.
    """
    settings = load_settings(settings_file)
    base = Base.of(settings)
    state, tunnel = asyncio.run(_load_with_tunnel(settings, wanted.code))
    sheet = site_sheet(state, wanted.code, base, tunnel)
    bundles = _bundles(sheet, wanted, base)
    written = {code: write_bundle(files, wanted.output / code) for code, files in bundles.items()}
    if as_json:
        document = {code: [str(path) for path in paths] for code, paths in written.items()}
        typer.echo(json.dumps(document, ensure_ascii=False))
        return
    for code, paths in written.items():
        typer.echo(f"{wanted.output / code}: {len(paths)} files, some with secrets")
        typer.echo(f"  begin with {wanted.output / code / 'LISEZ-MOI.md'}")


def _bundles(sheet: SiteSheet, wanted: Rendered, base: Base) -> dict[str, tuple[BundleFile, ...]]:
    """Return the files of each gateway, or every fault of all of them."""
    offer = offer_named(wanted.package or sheet.package or _DEFAULT_PACKAGE)
    if not sheet.gateways:
        raise ConfigurationError([Fault(f"site {sheet.code}", "expected at least one gateway")])
    bundles: dict[str, tuple[BundleFile, ...]] = {}
    faults: list[Fault] = []
    for gateway in sheet.gateways:
        try:
            bundles[gateway.code] = render(offer, sheet, gateway, base)
        except ConfigurationError as error:
            faults += error.faults
    if faults:
        raise ConfigurationError(list(dict.fromkeys(faults)))
    return bundles


def _with_state(settings: Settings, use: Callable[[State], Result]) -> Result:
    return use(asyncio.run(_load(settings)))


async def _load(settings: Settings) -> State:
    return (await _load_with_tunnel(settings))[0]


async def _load_with_tunnel(
    settings: Settings, code: str | None = None
) -> tuple[State, TunnelSheet | None]:
    """Return the territory, and one site's end of its tunnel, where this base ends it."""
    ground = await lay_ground(settings)
    engine = open_engine(ground.owner_url)
    try:
        async with engine.connect() as connection:
            state = (await load_held(connection, ground.keyring)).state
            own = code is not None and settings.tunnel.private_key_file is not None
            found = await load_secrets(connection, ground.keyring, str(code)) if own else None
            if found is None:
                return state, None
            ends = (found.inside_address, found.private_key, found.preshared_key)
            return state, TunnelSheet(*ends)
    finally:
        await engine.dispose()
        ground.close()


def _sites(state: State) -> list[dict[str, Any]]:
    gateways = state[Kind.GATEWAY].items()
    return [
        {
            "code": code,
            "name": values["name"],
            "link": values["link"],
            "plan": values["plan"],
            "gateways": sorted(name for name, gateway in gateways if gateway["site"] == code),
        }
        for code, values in sorted(state[Kind.SITE].items())
    ]
