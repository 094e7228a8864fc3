"""What `socle doctor` finds, and what it finds in the way RADIUS is used.

How a fleet proves itself is never a fault of the base: what is weak in it is a warning, with the
command that mends it. What is listed here is what RADIUS wrote of the last day.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.application.nas_trust import RECENT, NasTrust, load_nas_trust
from territory.database.tables import discard
from territory.errors import ConfigurationError
from territory.keyring import Keyring
from territory.settings import Settings
from territory.vocabulary import StrangerReason

IN_PUBLIC = "clear RADIUS from a public address is refused, use tunnel or radsec"
_NOBODY = "nobody unknown calls"
_NOT_PUBLIC = "nobody sends clear RADIUS from a public address"
_MOST_NAMED = 8
_ANYWHERE = "0.0.0.0"  # noqa: S104 - stands for all that were too many to list


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    about: str
    """A setting or a component."""
    well: bool
    says: str
    """What was found and, when it is not well, what to do."""
    urgent: bool = True
    """Whether, when it is not well, it stands in the way."""

    @property
    def stops(self) -> bool:
        """Whether it is a fault: something does not work."""
        return self.urgent and not self.well

    @property
    def mark(self) -> str:
        """`ok`, `FAULT`, or `warn` for what works and should be better."""
        return "ok" if self.well else "FAULT" if self.urgent else "warn"


@dataclass(frozen=True, slots=True)
class Stranger:
    """An address that is no NAS's and sends RADIUS all the same."""

    address: str
    claimed_name: str | None
    """NAS-Identifier or address it claims, printable."""
    packets: int
    reason: str = StrangerReason.UNKNOWN_NAS.value
    """Why it is not answered."""

    def __str__(self) -> str:
        return f"{self.address} ({self.claimed_name})" if self.claimed_name else self.address


async def of_radius(db: AsyncConnection, settings: Settings, now: datetime) -> list[Finding]:
    """Return how the fleet proves itself, and who calls without being known."""
    strangers = about_strangers(await load_strangers(db, now))
    try:
        trust = await load_nas_trust(db, Keyring.of(settings))
    except ConfigurationError as error:
        return [Finding("radius.secrets", False, str(error)), *strangers]
    return [*about_trust(trust, now), *strangers]


def about_trust(fleet: Sequence[NasTrust], now: datetime) -> Iterator[Finding]:
    """Give a finding for each way a NAS may be trusted too easily."""
    kinds = (
        (
            "radius.signatures",
            "every NAS signs its requests",
            "without Message-Authenticator (CVE-2024-3596), update or set up",
            [nas.code for nas in fleet if nas.is_unsigned(now)],
        ),
        (
            "radius.secrets",
            "every shared secret is long enough",
            "shorter than 24 characters, renew with `socle nas rotate`",
            [nas.code for nas in fleet if nas.secret_is_short],
        ),
        (
            "radius.secrets",
            "no two NAS have the same shared secret",
            "the same shared secret as another, renew with `socle nas rotate`",
            [nas.code for nas in fleet if nas.secret_is_shared],
        ),
        (
            "radius.rotations",
            "no old secret is still in use",
            "still under the old secret, `socle nas secret` prints the next one of",
            [nas.code for nas in fleet if nas.uses_old_secret],
        ),
    )
    for about, well, ill, codes in kinds:
        says = f"{ill}: {_named(codes)}" if codes else well
        yield Finding(about, not codes, says, urgent=False)


def about_strangers(strangers: Sequence[Stranger]) -> Iterator[Finding]:
    """Give the finding on who is not known: perhaps a new gateway."""
    known = [each for each in strangers if each.reason == StrangerReason.UNKNOWN_NAS]
    says = f"is one of these your new gateway? {_named(map(str, known))}"
    yield Finding("radius.unknown", not known, says if known else _NOBODY, urgent=False)
    public = [each for each in strangers if each.reason == StrangerReason.CLEAR_FROM_PUBLIC]
    says = f"{IN_PUBLIC}: {_named(map(str, public))}"
    yield Finding("radius.public", not public, says if public else _NOT_PUBLIC, urgent=False)


def _named(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - _MOST_NAMED} more" if len(every) > _MOST_NAMED else ""
    return ", ".join(every[:_MOST_NAMED]) + more


async def load_strangers(db: AsyncConnection, now: datetime) -> list[Stranger]:
    """Return who sent RADIUS of late and is no NAS, the loudest first."""
    packets = func.sum(discard.c.packets)
    reason = discard.c.reason
    query = (
        select(discard.c.source_address, func.max(discard.c.claimed_name), packets, reason)
        .where(reason.in_(list(StrangerReason)), discard.c.last_at > now - RECENT)
        .group_by(discard.c.source_address, reason)
        .order_by(packets.desc())
    )
    return [
        Stranger("elsewhere" if str(address) == _ANYWHERE else str(address), name, int(number), why)
        for address, name, number, why in await db.execute(query)
    ]
