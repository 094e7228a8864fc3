"""The phones on a simulated gateway's network, and all that can happen to them (shell).

    captured --log-in, Access-Accept--> online --log-off, limit, order--> captured

Each phone is a frozen `Subscriber`, replaced at each step (`subscriber.py` thinks, this file
does). What a browser sees of it is the brand's affair (`brand.py`).
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from simulation import subscriber as states
from simulation.configuration import GatewayConfiguration, derived_lease
from simulation.credentials import Credential, Pap
from simulation.events import EventListener, GatewayEvent
from simulation.gateway_radius import GatewayRadius
from simulation.packets import Order, Reply, StatusType
from simulation.radius_words import RadiusWords
from simulation.subscriber import Rights, Subscriber, TerminateCause
from territory.clock import Clock

PHONES = 250
"""The most phones on one gateway: what its /24 can hold."""
USER_URL_OCTETS = 255
"""What a gateway remembers of the address first asked for; the rest is cut off."""
CHALLENGE_LIFE = timedelta(seconds=600)
"""How long a challenge is good that nobody has answered (CoovaChilli's challengetimeout)."""

EndListener = Callable[[Subscriber, TerminateCause], None]
"""Takes a phone as it was before its session ended, and why."""


class PhoneTable:
    """Who is on the network, captured or online."""

    def __init__(
        self,
        configuration: GatewayConfiguration,
        clock: Clock,
        listener: EventListener,
        words: RadiusWords | None = None,
    ) -> None:
        self.options = configuration
        self.login_port = configuration.login_port
        """Set once the listener is bound, when any free port was asked for."""
        self.words = words or RadiusWords()
        self.radius = GatewayRadius(configuration, self.words, self.tell, self._obey)
        self.clock = clock
        self.on_end: EndListener = _nobody
        """Told of every session that ends."""
        self._listener = listener
        self._phones: dict[str, Subscriber] = {}
        self._generations: dict[str, int] = {}
        self._presented: dict[str, asyncio.Task[None]] = {}

    def __getitem__(self, source: str) -> Subscriber:
        return self._phones[source]

    def by_source(self) -> Mapping[str, Subscriber]:
        """Return the phones by source address, as they are now."""
        return dict(self._phones)

    def source_of(self, mac: str) -> str | None:
        """Return the source address of the phone with this MAC address, however it is written."""
        wanted = _bare(mac)
        found = (source for source, phone in self._phones.items() if _bare(phone.mac) == wanted)
        return next(found, None)

    @property
    def login_address(self) -> str:
        """Where browsers log in and out: http://127.10.1.1:3990."""
        scheme = "https" if self.options.certificate else "http"
        return f"{scheme}://{self.options.address}:{self.login_port}"

    # --- Power --------------------------------------------------------------------------------

    async def begin(self, log_off_address: str = "") -> None:
        """Open the RADIUS side and say Accounting-On.

        Raises: OSError when the CoA port is taken.
        """
        await self.radius.open(log_off_address)
        self.radius.report_nas(StatusType.ACCOUNTING_ON, self.clock.now())

    async def finish(self) -> None:
        """End every session, say Accounting-Off, and wait for the answers as long as set."""
        for source in list(self._phones):
            self.end(source, TerminateCause.NAS_REBOOT)
        self.radius.report_nas(StatusType.ACCOUNTING_OFF, self.clock.now())
        await self.radius.settle(self.options.stop_seconds)

    def forget(self) -> None:
        """Lose every phone, as a power cut does."""
        self._phones.clear()

    # --- What phones do -----------------------------------------------------------------------

    async def appear(self, source: str) -> None:
        """Have a phone at this source address; a new one gets a lease, and is asked about by its
        MAC address where the gateway is set so. One that is asked about waits for the answer.

        Raises: OverflowError when the network is full.
        """
        if source in self._presented:
            await asyncio.wait([self._presented[source]])
        if source in self._phones:
            return
        self._phones[source] = self._lease(source)
        if self.options.macauth or self.words.presents_phones:
            await self.authenticate_mac(source)
            if source not in self._phones:  # it left meanwhile, and is back with this request
                self._phones[source] = self._lease(source)

    def leave(self, source: str) -> None:
        """Take the phone off the network; the next one at this address is another phone."""
        self.end(source, TerminateCause.LOST_CARRIER)
        self._phones.pop(source, None)
        self._generations[source] = self._generations.get(source, 0) + 1

    def carry(self, source: str, upload_octets: int, download_octets: int) -> None:
        """Count what an admitted phone sent and received; who has left sends nothing."""
        phone, now = self._phones.get(source), self.clock.now()
        if phone is not None:
            self._phones[source] = states.carried(phone, upload_octets, download_octets, now)

    # --- Letting in and out -------------------------------------------------------------------

    async def ask(self, source: str, user_name: str, credential: Credential) -> Reply | None:
        """Ask the RADIUS server and let the phone in if it accepts; None: no answer."""
        reply = await self.radius.authenticate(self._phones[source], user_name, credential)
        if reply is None or not reply.accepted:
            return reply
        page = self.words.page_of(reply.rights)
        if page:
            self._hold(source, page)
        else:
            self.admit(source, user_name, reply.rights)
        return reply

    async def authenticate_mac(self, source: str) -> None:
        """Ask the RADIUS server about the phone by its MAC address, its own password or the one
        given."""
        phone = self._phones.get(source)
        if phone is None or phone.online:
            return
        name = self.words.mac_user_name(phone)
        await self.ask(source, name, Pap((self.options.macpasswd or name).encode()))

    def present(self, source: str) -> None:
        """Ask about a phone by its MAC address once more; its packets wait meanwhile."""
        asking = self.radius.run(self.authenticate_mac(source))
        self._presented[source] = asking
        asking.add_done_callback(lambda _: self._presented.pop(source, None))

    def _hold(self, source: str, page: str) -> None:
        """Let nothing of a phone through but what leads it to a page."""
        phone = self._phones.get(source)
        if phone is not None:
            self._phones[source] = replace(phone, page=page)
            self.tell("held", f"{phone.mac} is held until the portal has seen it")

    def admit(self, source: str, user_name: str, rights: Rights) -> None:
        """Let a phone through, and report its Start; one that left or is online stays so."""
        phone, now = self._phones.get(source), self.clock.now()
        if phone is None or phone.online:
            return
        self._phones[source] = states.admitted(phone, user_name, rights, now)
        self.tell("released", f"{phone.mac} is let through to the open Web")
        self.radius.report_session(self._phones[source], StatusType.START, now)

    def refuse(self, source: str, asked: Subscriber) -> Subscriber:
        """Renew challenge and session of the phone that `asked`, unless it left or came in by
        another try; return it as it is now."""
        present = self._phones.get(source, asked)
        if present.online:
            return present
        after = states.refused(present, secrets.token_bytes(16), self.clock.now())
        if source in self._phones:
            self._phones[source] = after
        return after

    def end(self, source: str, cause: TerminateCause) -> None:
        """End a phone's session, if it has one, and report its Stop."""
        phone, now = self._phones.get(source), self.clock.now()
        if phone is None or phone.online is None:
            return
        self.radius.report_session(phone, StatusType.STOP, now, cause)
        self._phones[source] = states.ended(phone, secrets.token_bytes(16), now)
        words = cause.name.lower().replace("_", " ")
        self.tell("ended", f"The session of {phone.mac} is over: {words}")
        self.on_end(phone, cause)

    # --- What the server orders ---------------------------------------------------------------

    def _obey(self, order: Order) -> bool:
        concerned = [
            source for source, phone in self._phones.items() if self.words.concerns(order, phone)
        ]
        for source in concerned:
            self._apply(source, order)
        return bool(concerned)

    def _apply(self, source: str, order: Order) -> None:
        phone, cause = self._phones[source], self.words.closes(order)
        if cause is not None:
            self.end(source, cause)
        elif self.words.asks_again(order):
            self.present(source)
        elif phone.online is not None:
            rights = self.words.rights(order.packet, phone.online.rights)
            self._phones[source] = replace(phone, online=replace(phone.online, rights=rights))

    # --- Time ---------------------------------------------------------------------------------

    def tick(self) -> None:
        """Cut the sessions that reached a limit, and report on those whose interval is over."""
        now = self.clock.now()
        for source, phone in list(self._phones.items()):
            if phone.online is None:
                continue
            cause = states.limit_reached(phone.online, now)
            if cause is not None:
                self.end(source, cause)
            elif states.interim_due(phone.online, self.options.interim_seconds, now):
                self.radius.report_session(phone, StatusType.INTERIM_UPDATE, now)
                online = replace(phone.online, reported_at=now)
                self._phones[source] = replace(phone, online=online)

    # --- What a brand keeps about a phone -----------------------------------------------------

    def remember(self, source: str, user_url: str | None) -> Subscriber:
        """Return the phone, with the address it first asked for if one is told."""
        phone = self._phones[source]
        if user_url is not None:
            kept = user_url.encode()[:USER_URL_OCTETS].decode(errors="ignore")
            self._phones[source] = phone = replace(phone, user_url=kept)
        return phone

    def with_challenge(self, source: str) -> Subscriber:
        """Return the phone with a challenge that is still good."""
        phone = self._phones[source]
        if states.challenge_expired(phone, CHALLENGE_LIFE, self.clock.now()):
            return self.renew_challenge(source)
        return phone

    def renew_challenge(self, source: str) -> Subscriber:
        """Return the phone with a new challenge."""
        phone, now = self._phones[source], self.clock.now()
        self._phones[source] = states.challenged(phone, secrets.token_bytes(16), now)
        return self._phones[source]

    def drop_challenge(self, source: str) -> None:
        """Let the phone's challenge be good no longer."""
        self._phones[source] = replace(self._phones[source], challenged_at=None)

    # --- Small steps --------------------------------------------------------------------------

    def tell(self, kind: str, summary: str, attributes: tuple[tuple[str, str], ...] = ()) -> None:
        """Tell the listener what happened."""
        now, nasid = self.clock.now(), self.options.nasid
        self._listener(GatewayEvent(now, nasid, kind, summary, attributes))

    def _lease(self, source: str) -> Subscriber:
        if len(self._phones) >= PHONES:
            raise OverflowError("the gateway's network is full")
        taken = {phone.port for phone in self._phones.values()}
        port = next(number for number in range(1, PHONES + 1) if number not in taken)
        lease = self.options.leases.get(source) or derived_lease(
            self.options, source, port, self._generations.get(source, 0)
        )
        session = states.session_id(self.clock.now(), port)
        return Subscriber(lease.mac, lease.address, port, session)


def _nobody(_phone: Subscriber, _cause: TerminateCause) -> None:
    """Tell nobody of a session's end."""


def _bare(mac: str) -> str:
    return "".join(character for character in mac.upper() if character not in ":-.")
