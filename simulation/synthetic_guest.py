"""A guest who logs in at a site from beginning to end, each step timed (shell).

    redirect -> first page -> identification -> hand-back -> access -> accounting start
             -> online -> accounting stop

A gateway of the site's brand and one phone behind it, started for this one log-in and gone after
it; the portal and the RADIUS server are the real ones. A step's time runs from the step before it,
so together they are what a guest waits for. The first that is not reached is where it failed, and
`Trouble` is what stood there.
"""

import asyncio
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from simulation.certificate import self_signed
from simulation.configuration import GatewayConfiguration, Lease
from simulation.events import GatewayEvent
from simulation.gateway import SimulatedGateway
from simulation.makes import BRANDS
from simulation.mini_browser import choose_form
from simulation.phone import MAX_PAGES, Doorway, Phone, Resolver, Sight, session_from
from territory.clock import Clock
from territory.errors import Unavailable

LONGEST_SECONDS: Final = 60.0
"""A log-in that takes longer has failed."""
_PATIENCE_SECONDS: Final = 2.0
"""At a page that leads on by itself."""


class Step(StrEnum):
    """What a log-in comes to, in this order."""

    REDIRECT = "redirect"
    """The gateway has sent the phone to the portal."""
    FIRST_PAGE = "first_page"
    """The portal shows its first page."""
    IDENTIFICATION = "identification"
    """The portal has taken the form, and shows the way back."""
    HAND_BACK = "hand_back"
    """The gateway has the credential, and asks RADIUS."""
    ACCESS = "access"
    """RADIUS has accepted."""
    ACCOUNTING_START = "accounting_start"
    """The beginning of the session is confirmed."""
    ONLINE = "online"
    """The open Web is seen."""
    ACCOUNTING_STOP = "accounting_stop"
    """The end of the session is confirmed: the guest is gone."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Where to log in."""

    gateway: GatewayConfiguration
    """Of the site's brand; its address is the phone's too."""
    hosts: Mapping[str, Doorway]
    """The portal's names, and where each leads."""
    wish: str
    """The address that the phone asks first, in clear."""
    trusts: ssl.SSLContext | None = None
    """Whose certificates the phone believes, where not the system's."""


@dataclass(frozen=True, slots=True)
class Reached:
    """One step that was reached."""

    step: Step
    seconds: float
    """Since the step before it."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stood where a log-in went no further; empty where nothing was seen."""

    error: str = ""
    """Who did not answer, in words."""
    status: int = 0
    """Of the last page of the portal; 0: none came."""
    page: str = ""
    """That page's title."""
    reply: str = ""
    """What RADIUS said with its refusal."""
    silent: bool = False
    """Whether RADIUS did not answer at all."""


@dataclass(frozen=True, slots=True)
class LogIn:
    """How one log-in went."""

    reached: tuple[Reached, ...]
    """In order."""
    trouble: Trouble = field(default_factory=Trouble)

    @property
    def failed(self) -> Step | None:
        """The first step that was not reached; None: all were."""
        done = {each.step for each in self.reached}
        return next((step for step in Step if step not in done), None)

    @property
    def seconds(self) -> float:
        """How long it took, as far as it came."""
        return sum(each.seconds for each in self.reached)


class _Course:
    """The steps of one log-in as they are reached, and what is seen on the way."""

    def __init__(self, hosts: frozenset[str]) -> None:
        self._hosts = hosts
        self._now = asyncio.get_running_loop().time
        self._last = self._now()
        self.reached: list[Reached] = []
        self.trouble = Trouble()

    def begin(self) -> None:
        """Count from now: everything is ready."""
        self._last = self._now()

    def reach(self, step: Step) -> None:
        """Note that a step is reached, the first time, and only after the one before it."""
        if len(self.reached) < len(Step) and step is list(Step)[len(self.reached)]:
            now = self._now()
            self.reached.append(Reached(step, now - self._last))
            self._last = now

    def has(self, step: Step) -> bool:
        """Whether it was reached."""
        return any(each.step is step for each in self.reached)

    def asks(self, address: str) -> None:
        """Take note of an address that the phone is about to ask."""
        if urlsplit(address).hostname in self._hosts:
            self.reach(Step.REDIRECT)
        elif self.has(Step.FIRST_PAGE):
            self.reach(Step.IDENTIFICATION)

    def hears(self, event: GatewayEvent) -> None:
        """Take note of what the gateway tells."""
        told = dict(event.attributes)
        match event.kind, told.get("Acct-Status-Type"):
            case "access-request", _:
                self.reach(Step.HAND_BACK)
            case "access-accept", _:
                self.reach(Step.ACCESS)
            case "access-reject", _:
                self.trouble = replace(self.trouble, reply=told.get("Reply-Message", ""))
            case "access-timeout", _:
                self.trouble = replace(self.trouble, silent=True)
            case "accounting-response", "Start":
                self.reach(Step.ACCOUNTING_START)
            case "accounting-response", "Stop":
                self.reach(Step.ACCOUNTING_STOP)

    def sees(self, sight: Sight) -> None:
        """Take note of a page."""
        if urlsplit(sight.address).hostname in self._hosts:
            self.trouble = replace(self.trouble, status=sight.status, page=sight.page.title)


class _PhoneBehindNat(Phone):
    """A phone whose traffic to the portal leaves from this machine's own address, as a site's
    router would send it: its own may be one that leads nowhere else."""

    def __init__(self, errand: Errand, doorway: Doorway, course: _Course) -> None:
        super().__init__(
            doorway.host,
            doorway,
            errand.hosts,
            trusts=errand.trusts,
            patience_seconds=_PATIENCE_SECONDS,
        )
        self._beyond = session_from(None, Resolver(doorway, errand.hosts), errand.trusts)
        self._errand = errand
        self._course = course

    async def close(self) -> None:
        """Close its connections."""
        await super().close()
        await self._beyond.close()

    def session_to(self, address: str) -> aiohttp.ClientSession:
        """Return what is about to ask an address, once that is noted."""
        self._course.asks(address)
        return self._beyond if urlsplit(address).hostname in self._errand.hosts else self._http


async def log_in(errand: Errand, clock: Clock) -> LogIn:
    """Log in at a site as its guests do, then leave; whatever goes wrong is in what is returned.

    Raises:
        OSError: the gateway's address or a port of it is taken, or is not this machine's.
    """
    errand, course = _furnished(errand), _Course(frozenset(errand.hosts))
    async with SimulatedGateway(errand.gateway, clock=clock, listener=course.hears) as gateway:
        doorway = Doorway(errand.gateway.address, gateway.web_port)
        phone = _PhoneBehindNat(errand, doorway, course)
        course.begin()
        try:
            async with asyncio.timeout(LONGEST_SECONDS), phone:
                await _go_through(errand, gateway, phone, course)
        except Unavailable as gone:
            course.trouble = replace(course.trouble, error=str(gone))
        except TimeoutError:
            course.trouble = replace(course.trouble, error="it takes too long")
    return LogIn(tuple(course.reached), course.trouble)


async def _go_through(
    errand: Errand, gateway: SimulatedGateway, phone: Phone, course: _Course
) -> None:
    await _get_accepted(errand, phone, course)
    if not course.has(Step.ACCESS):
        return
    await gateway.settle()
    if (await phone.browse(errand.wish)).address == errand.wish:
        course.reach(Step.ONLINE)
    gateway.leave(phone.source)
    await gateway.settle()


async def _get_accepted(errand: Errand, phone: Phone, course: _Course) -> None:
    """Walk through the portal's pages until RADIUS has been asked, or nothing leads on."""
    scheme = "https" if errand.gateway.certificate else "http"
    gateway = f"{scheme}://{errand.gateway.address}"
    sight = await phone.browse(errand.wish)
    course.sees(sight)
    form = choose_form(sight.page.forms, gateway)
    if form is None or sight.status != HTTPStatus.OK:
        return
    course.reach(Step.FIRST_PAGE)
    for _ in range(MAX_PAGES):
        sight = await phone.press(form, sight)
        course.sees(sight)
        form = choose_form(sight.page.forms, gateway)
        if form is None or form.asks_agreement or course.has(Step.HAND_BACK):
            return
        course.reach(Step.IDENTIFICATION)


def _furnished(errand: Errand) -> Errand:
    """Return the errand with a phone nobody has seen, and a gateway that it believes."""
    gateway = replace(errand.gateway, leases={errand.gateway.address: _lease(errand.gateway)})
    if not BRANDS[gateway.brand, gateway.variant].by_tls:
        return replace(errand, gateway=gateway)
    certificate = self_signed(gateway.address)
    trusts = errand.trusts or ssl.create_default_context()
    trusts.load_verify_locations(cadata=certificate.pem.decode())
    return replace(errand, gateway=replace(gateway, certificate=certificate), trusts=trusts)


def _lease(gateway: GatewayConfiguration) -> Lease:
    """Return the lease of a phone that nobody has seen: a locally administered address."""
    drawn = secrets.token_bytes(6)
    octets = (0x02 | (drawn[0] & 0xFC), *drawn[1:])
    return Lease("-".join(f"{octet:02X}" for octet in octets), str(gateway.network[2]))
