"""The phones on a simulated CoovaChilli's network, and all that can happen to them (shell).

    captured --/logon, Access-Accept--> online --/logoff, limit, order--> captured

Each phone is a frozen `Subscriber`, replaced at each step (`subscriber.py` thinks, this file
does). Every method that a browser causes returns the address the browser is sent to.
"""

import secrets
from collections.abc import Mapping
from dataclasses import replace

from simulation import redirects, uam
from simulation import subscriber as states
from simulation.configuration import GatewayConfiguration, derived_lease
from simulation.events import EventListener, GatewayEvent
from simulation.gateway_radius import GatewayRadius
from simulation.packets import MAX_TEXT_OCTETS, Order, Reply, StatusType, order_rights
from simulation.redirects import NOTHING_MORE, Circumstances
from simulation.subscriber import Subscriber, TerminateCause
from territory.clock import Clock

CLOSES = 2
"""CoovaChilli-Session-State in a CoA-Request that ends a session."""

PHONES = 250
"""The most phones on one gateway: what its /24 can hold."""


class PhoneTable:
    """Who is on the network, captured or online."""

    def __init__(
        self, configuration: GatewayConfiguration, clock: Clock, listener: EventListener
    ) -> None:
        self.options = configuration
        self.uam_port = configuration.uamport
        """Set once the listener is bound, when any free port was asked for."""
        self.radius = GatewayRadius(configuration, self.tell, self._obey)
        self._clock = clock
        self._listener = listener
        self._phones: dict[str, Subscriber] = {}
        self._generations: dict[str, int] = {}

    def __getitem__(self, source: str) -> Subscriber:
        return self._phones[source]

    def by_source(self) -> Mapping[str, Subscriber]:
        """Return the phones by source address, as they are now."""
        return dict(self._phones)

    @property
    def uam_address(self) -> str:
        """Where /logon and /logoff are: http://127.10.1.1:3990."""
        return f"http://{self.options.uamlisten}:{self.uam_port}"

    # --- Power --------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Open the RADIUS side and say Accounting-On.

        Raises: OSError when the CoA port is taken.
        """
        await self.radius.open(f"{self.uam_address}/logoff")
        self.radius.report_nas(StatusType.ACCOUNTING_ON, self._clock.now())

    async def finish(self) -> None:
        """End every session, say Accounting-Off, and wait for the answers as long as set."""
        for source in list(self._phones):
            self._end(source, TerminateCause.NAS_REBOOT)
        self.radius.report_nas(StatusType.ACCOUNTING_OFF, self._clock.now())
        await self.radius.settle(self.options.stop_seconds)

    def forget(self) -> None:
        """Lose every phone, as a power cut does."""
        self._phones.clear()

    # --- What phones do -----------------------------------------------------------------------

    async def appear(self, source: str) -> None:
        """Have a phone at this source address; a new one gets a lease, and is asked about by its
        MAC address where the gateway is set so.

        Raises: OverflowError when the network is full.
        """
        if source in self._phones:
            return
        self._phones[source] = self._lease(source)
        if self.options.macauth:
            await self.authenticate_mac(source)
            if source not in self._phones:  # it left meanwhile, and is back with this request
                self._phones[source] = self._lease(source)

    def leave(self, source: str) -> None:
        """Take the phone off the network; the next one at this address is another phone."""
        self._end(source, TerminateCause.LOST_CARRIER)
        self._phones.pop(source, None)
        self._generations[source] = self._generations.get(source, 0) + 1

    def carry(self, source: str, upload_octets: int, download_octets: int) -> None:
        """Count what an admitted phone sent and received; who has left sends nothing."""
        phone, now = self._phones.get(source), self._clock.now()
        if phone is not None:
            self._phones[source] = states.carried(phone, upload_octets, download_octets, now)

    def capture(self, source: str, user_url: str) -> str:
        """Return the portal's address for a browser that is not let through yet."""
        self._remember(source, user_url)
        return self._redirect(self._with_challenge(source), "notyet")

    def prelogin(self, source: str, user_url: str | None = None) -> str:
        """Return the portal's address with a challenge that is still good, or "already"."""
        if self._remember(source, user_url).online:
            return self._redirect(self._phones[source], "already")
        return self._redirect(self._with_challenge(source), "notyet")

    def status(self, source: str) -> str:
        """Return the portal's address with the times of the session."""
        phone = self._with_challenge(source)
        more = redirects.status_circumstances(phone, self._clock.now())
        return self._redirect(phone, "already" if phone.online else "notyet", more)

    def abort(self, source: str) -> str:
        """Return the portal's address after a log-in was given up; an online phone stays so."""
        phone = self._phones[source]
        if phone.online:
            return self._redirect(phone, "already")
        self._phones[source] = replace(phone, challenged_at=None)
        return self._redirect(phone, "logoff")

    def log_off(self, source: str, user_url: str | None = None) -> str:
        """End the phone's session; return the portal's address with a new challenge."""
        before = self._remember(source, user_url)
        self._end(source, TerminateCause.USER_REQUEST)
        if not before.online:
            self._renew_challenge(source)
        after = replace(self._phones[source], session_id=before.session_id)
        return self._redirect(after, "logoff")

    async def log_on(self, source: str, query: Mapping[str, str]) -> str | None:
        """Ask the RADIUS server; return where the browser goes, None when the query is
        unusable."""
        phone = self._remember(source, query.get("userurl"))
        if phone.online:
            return self._redirect(phone, "already")
        lifetime = self.options.challengetimeout2
        if states.challenge_expired(phone, lifetime, self._clock.now()):
            late = replace(self._renew_challenge(source), user_url="")
            return self._redirect(late, "failed", Circumstances(reason="other"))
        mixed = uam.mixed_challenge(phone.challenge, self.options.uamsecret)
        credential = uam.read_credential(query, mixed)
        user_name = query.get("username", "")
        if credential is None or not 0 < len(user_name.encode()) <= MAX_TEXT_OCTETS:
            return None
        reply = await self.radius.authenticate(phone, user_name, credential)
        return self._conclude(source, phone, user_name, reply)

    async def authenticate_mac(self, source: str) -> None:
        """Ask the RADIUS server about the phone by its MAC address, its own password or the one
        given."""
        phone = self._phones[source]
        if phone.online:
            return
        shown = self.options.macpasswd or phone.mac
        reply = await self.radius.authenticate(phone, phone.mac, uam.Pap(shown.encode()))
        if reply is not None and reply.accepted:
            self._admit(source, phone.mac, reply)

    # --- What the server says -----------------------------------------------------------------

    def _conclude(self, source: str, asked: Subscriber, user_name: str, reply: Reply | None) -> str:
        if reply is not None and reply.accepted:
            self._admit(source, user_name, reply)
            rights = reply.rights
            more = Circumstances("", user_name, rights.session_seconds, rights.reply_message)
            return rights.redirection_url or self._redirect(asked, "success", more)
        return self._refuse(source, asked, reply)

    def _refuse(self, source: str, asked: Subscriber, reply: Reply | None) -> str:
        """Renew challenge and session, unless the phone left or came in by another try."""
        present = self._phones.get(source, asked)
        if present.online:
            return self._redirect(present, "already")
        after = states.refused(present, secrets.token_bytes(16), self._clock.now())
        if source in self._phones:
            self._phones[source] = after
        reason = "timeout" if reply is None else "reject"
        more = Circumstances(reason, reply=reply.rights.reply_message if reply else "")
        return self._redirect(replace(after, session_id=asked.session_id), "failed", more)

    def _admit(self, source: str, user_name: str, reply: Reply) -> None:
        phone, now = self._phones.get(source), self._clock.now()
        if phone is None or phone.online:
            return
        self._phones[source] = states.admitted(phone, user_name, reply.rights, now)
        self.tell("released", f"{phone.mac} is let through to the open Web")
        self.radius.report_session(self._phones[source], StatusType.START, now)

    def _end(self, source: str, cause: TerminateCause) -> None:
        phone, now = self._phones.get(source), self._clock.now()
        if phone is None or phone.online is None:
            return
        self.radius.report_session(phone, StatusType.STOP, now, cause)
        self._phones[source] = states.ended(phone, secrets.token_bytes(16), now)
        words = cause.name.lower().replace("_", " ")
        self.tell("ended", f"The session of {phone.mac} is over: {words}")

    def _obey(self, order: Order) -> bool:
        concerned = [
            source
            for source, phone in self._phones.items()
            if phone.online is not None
            and phone.online.user_name == order.user_name
            and order.session_id in ("", phone.session_id)
        ]
        for source in concerned:
            self._apply(source, order)
        return bool(concerned)

    def _apply(self, source: str, order: Order) -> None:
        phone = self._phones[source]
        if order.disconnect:
            self._end(source, TerminateCause.ADMIN_RESET)
        elif order.session_state == CLOSES:
            self._end(source, TerminateCause.USER_REQUEST)
        elif phone.online is not None:
            rights = order_rights(order, phone.online.rights)
            self._phones[source] = replace(phone, online=replace(phone.online, rights=rights))

    # --- Time ---------------------------------------------------------------------------------

    def tick(self) -> None:
        """Cut the sessions that reached a limit, and report on those whose interval is over."""
        now = self._clock.now()
        for source, phone in list(self._phones.items()):
            if phone.online is None:
                continue
            cause = states.limit_reached(phone.online, now)
            if cause is not None:
                self._end(source, cause)
            elif states.interim_due(phone.online, self.options.interim_seconds, now):
                self.radius.report_session(phone, StatusType.INTERIM_UPDATE, now)
                online = replace(phone.online, reported_at=now)
                self._phones[source] = replace(phone, online=online)

    # --- Small steps --------------------------------------------------------------------------

    def tell(self, kind: str, summary: str, attributes: tuple[tuple[str, str], ...] = ()) -> None:
        """Tell the listener what happened."""
        now, nasid = self._clock.now(), self.options.nasid
        self._listener(GatewayEvent(now, nasid, kind, summary, attributes))

    def _lease(self, source: str) -> Subscriber:
        if len(self._phones) >= PHONES:
            raise OverflowError("the gateway's network is full")
        taken = {phone.port for phone in self._phones.values()}
        port = next(number for number in range(1, PHONES + 1) if number not in taken)
        lease = self.options.leases.get(source) or derived_lease(
            self.options, source, port, self._generations.get(source, 0)
        )
        session = states.session_id(self._clock.now(), port)
        return Subscriber(lease.mac, lease.address, port, session)

    def _remember(self, source: str, user_url: str | None) -> Subscriber:
        phone = self._phones[source]
        if user_url is not None:
            kept = user_url.encode()[: uam.USER_URL_OCTETS].decode(errors="ignore")
            self._phones[source] = phone = replace(phone, user_url=kept)
        return phone

    def _with_challenge(self, source: str) -> Subscriber:
        phone, lifetime = self._phones[source], self.options.challengetimeout
        if states.challenge_expired(phone, lifetime, self._clock.now()):
            return self._renew_challenge(source)
        return phone

    def _renew_challenge(self, source: str) -> Subscriber:
        phone, now = self._phones[source], self._clock.now()
        self._phones[source] = states.challenged(phone, secrets.token_bytes(16), now)
        return self._phones[source]

    def _redirect(self, phone: Subscriber, res: str, more: Circumstances = NOTHING_MORE) -> str:
        described = tuple(redirects.parameters(self.options, self.uam_port, phone, res, more))
        self.tell("redirect", f"{phone.mac} is sent to the portal: {res}", described)
        return redirects.location(self.options, self.uam_port, phone, res, more)
