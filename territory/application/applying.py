"""Brings the database to a description: what would change, and then the change itself.

The one door for `socle apply`, the demonstration and the tests. Looking and making are two calls,
so that a person may be asked in between; making looks again under a lock, and refuses if what was
shown is no longer what would be done.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from territory.application.difference import Action, Change, Difference, conflicts, difference
from territory.application.holding import Held, load_held
from territory.application.state import (
    ENABLED,
    Kind,
    described_state,
    sites_with_stated_addresses,
    with_secrets,
)
from territory.application.tunnel_addresses import inside_addresses, with_inside_addresses
from territory.application.tunnel_peers import held_addresses, keep_peers
from territory.application.writing import Authority, write_difference
from territory.errors import ConfigurationError, Fault
from territory.keyring import Keyring
from territory.model import TerritoryFile
from territory.settings.radius import TunnelSettings
from territory.wireguard.addressing import Inside

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('socle apply', 0))")
_SECRET_OCTETS = 16
OWN_NETWORK = Inside(TunnelSettings().network, TunnelSettings().base_address)
"""Where nothing else is set."""


def new_secret() -> str:
    """Return a shared secret made by chance: 32 hexadecimal digits, 128 bits."""
    return secrets.token_hex(_SECRET_OCTETS)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants the territory to be."""

    description: TerritoryFile
    """What a file says."""
    prune: bool = False
    """Whether what it does not name is to go."""
    inside: Inside = OWN_NETWORK
    """Where the tunnels' addresses are taken from."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """What making a wish true means."""

    found: Difference
    """All that would change."""
    made_secrets: tuple[tuple[Kind, str], ...]
    """Gateways and NAS for which a secret would be made."""
    disabled: tuple[str, ...]
    """Described operators who were disabled; a description does not let them back in."""
    tunnels: Mapping[str, IPv4Address | None]
    """By described site, its address in the tunnel; None: its link is another."""
    retunnelled: tuple[str, ...]
    """Sites whose tunnel would be made, moved or taken away."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What was made true."""

    prospect: Prospect
    """What was to be done."""
    refused: tuple[Change, ...]
    """Removals that traces did not let through."""


async def look(engine: AsyncEngine, wish: Wish, keyring: Keyring) -> Prospect:
    """Return what `make` would change.

    Raises:
        ConfigurationError: the wish conflicts with what the database keeps.
    """
    async with engine.connect() as connection:
        prospect, _ = await _compare(connection, wish, keyring)
    return prospect


async def make(
    engine: AsyncEngine,
    wish: Wish,
    keyring: Keyring,
    authority: Authority,
    shown: Prospect | None = None,
) -> Applied:
    """Make the database hold the wish, in one transaction.

    Args:
        engine: the database, as its owner.
        wish: what to make true.
        keyring: seals the secrets.
        authority: on whose word and when.
        shown: what a person has agreed to, if anybody was asked.

    Raises:
        ConfigurationError: a conflict, or the database has changed since `shown`.
    """
    async with engine.begin() as connection:
        await connection.execute(_LOCK)
        prospect, held = await _compare(connection, wish, keyring)
        if shown and _told(shown) != _told(prospect):
            raise ConfigurationError([Fault("database", "changed meanwhile: look again")])
        refused = await write_difference(connection, prospect.found, held, keyring, authority)
        tunnels = {**prospect.tunnels, **dict.fromkeys(_pruned_sites(prospect.found))}
        await keep_peers(connection, keyring, tunnels, authority.now)
    return Applied(prospect, refused)


async def _compare(
    connection: AsyncConnection, wish: Wish, keyring: Keyring
) -> tuple[Prospect, Held]:
    held = await load_held(connection, keyring)
    described, made = with_secrets(described_state(wish.description), held.state, new_secret)
    given = await held_addresses(connection)
    tunnels = inside_addresses(described, held.state, given, wish.inside)
    described = with_inside_addresses(described, tunnels)
    stated = sites_with_stated_addresses(wish.description)
    found = difference(held.state, described, prune=wish.prune, stated_addresses=stated)
    if faults := conflicts(held.state, described, found.kept):
        raise ConfigurationError(faults)
    people = held.state[Kind.OPERATOR]
    disabled = [
        login for login in described[Kind.OPERATOR] if people.get(login, {}).get(ENABLED) is False
    ]
    moved = tuple(sorted(code for code, address in tunnels.items() if given.get(code) != address))
    return Prospect(found, tuple(made), tuple(disabled), tunnels, moved), held


def _pruned_sites(found: Difference) -> list[str]:
    """Return the sites that go, whether or not traces keep their rows: no tunnel stays open."""
    return [
        change.key
        for change in found.changes
        if change.kind is Kind.SITE and change.action is Action.REMOVE
    ]


def _told(prospect: Prospect) -> str:
    """Return a prospect as a person sees it: two made secrets look alike."""
    return f"{prospect.found} {prospect.made_secrets}"
