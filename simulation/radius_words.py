"""RADIUS as a gateway writes and reads it: the standard way, from which brands depart. Pure.

    access_request, session_report, nas_report      what the gateway says
    rights                                          what an Accept or a CoA-Request allows
    names_session, concerns, closes                 whom an order is about, and what it asks

A brand names its dictionaries and overrides the few steps that it does in its own way. The order
of attributes is CoovaChilli's, whose packets are recorded (tests/data/simulation).
"""

from datetime import UTC, datetime
from typing import Any

from pyrad.packet import AcctPacket, AuthPacket

from simulation.credentials import Chap, Credential
from simulation.packets import Nas, Order, Report, Request, StatusType, dictionary, first
from simulation.subscriber import Counters, Online, Rights, Subscriber, TerminateCause

MESSAGE_AUTHENTICATOR = 80
GIGAWORD = 1 << 32
SESSION_NOT_FOUND = 503
"""Error-Cause "Session Context Not Found" (RFC 5176 §3.5)."""


class RadiusWords:
    """How a gateway without manners of its own speaks RADIUS."""

    vendors: tuple[str, ...] = ()
    """Its dictionaries beside the standard one: files `brands/dictionary.<vendor>`."""
    error_cause: int | None = SESSION_NOT_FOUND
    """What a NAK says; None: nothing."""
    presents_phones: bool = False
    """Whether it asks about each phone by its MAC address, whatever its options say."""

    @property
    def dictionary(self) -> Any:
        """The attributes it knows."""
        return dictionary(*self.vendors)

    # --- What a brand says in its own way ----------------------------------------------------

    def open_access(self, packet: Any, phone: Subscriber) -> None:
        """Begin an Access-Request with the brand's own attributes."""

    def close_access(self, packet: Any, nas: Nas, phone: Subscriber) -> None:
        """End an Access-Request with the brand's own attributes."""

    def open_report(self, packet: Any) -> None:
        """Begin an Accounting-Request with the brand's own attributes."""

    def station(self, phone: Subscriber) -> str:
        """Return the phone's MAC address as Calling-Station-Id writes it."""
        return phone.mac

    def called(self, nas: Nas) -> str:
        """Return Called-Station-Id."""
        return nas.mac

    def service_type(self, phone: Subscriber, user_name: str) -> str:
        """Return Service-Type."""
        return "Login"

    def mac_user_name(self, phone: Subscriber) -> str:
        """Return the phone's MAC address as User-Name writes it."""
        return phone.mac

    # --- Requests ------------------------------------------------------------------------------

    def access_request(
        self,
        nas: Nas,
        phone: Subscriber,
        user_name: str,
        credential: Credential,
        authenticator: bytes,
    ) -> Request:
        """Return an Access-Request signed with a Message-Authenticator, its last attribute.

        `authenticator`: 16 random octets; the last one serves as the identifier.
        """
        packet = AuthPacket(
            id=authenticator[-1],
            secret=nas.secret,
            authenticator=authenticator,
            dict=self.dictionary,
            message_authenticator=True,
        )
        self.open_access(packet, phone)
        packet["User-Name"] = user_name
        if isinstance(credential, Chap):
            packet[60] = [credential.challenge]
            packet[3] = [bytes([credential.ident]) + credential.response]
        else:
            packet[2] = [packet.PwCrypt(credential.password)]
        packet["Service-Type"] = self.service_type(phone, user_name)
        packet["Acct-Session-Id"] = phone.session_id
        packet["Framed-IP-Address"] = phone.address
        self._add_port(packet, phone)
        self._add_nas(packet, nas)
        self.close_access(packet, nas, phone)
        packet[MESSAGE_AUTHENTICATOR] = [bytes(16)]
        return Request(packet, packet.RequestPacket(), self.rights)

    def session_report(
        self, nas: Nas, phone: Subscriber, online: Online, report: Report
    ) -> Request:
        """Return a Start, an Interim-Update or a Stop for this session."""
        packet = self._accounting(nas, report)
        packet["User-Name"] = online.user_name
        if report.status is not StatusType.START:
            _add_counters(packet, online.counters)
            packet["Acct-Session-Time"] = online.seconds(report.now)
        if report.cause is not None:
            packet["Acct-Terminate-Cause"] = int(report.cause)
        packet["Acct-Status-Type"] = int(report.status)
        packet["Acct-Session-Id"] = phone.session_id
        if online.rights.session_class:
            packet[25] = list(online.rights.session_class)
        packet["Framed-IP-Address"] = phone.address
        self._add_port(packet, phone)
        self._add_nas(packet, nas)
        return Request(packet, packet.RequestPacket(), self.rights)

    def nas_report(self, nas: Nas, report: Report) -> Request:
        """Return an Accounting-On or an Accounting-Off."""
        packet = self._accounting(nas, report)
        if report.status is StatusType.ACCOUNTING_OFF:
            packet["Acct-Terminate-Cause"] = 0
        packet["Acct-Status-Type"] = int(report.status)
        packet["NAS-Port-Type"] = "Wireless-802.11"
        packet["Calling-Station-Id"] = "00-00-00-00-00-00"
        self._add_nas(packet, nas)
        return Request(packet, packet.RequestPacket(), self.rights)

    def _accounting(self, nas: Nas, report: Report) -> Any:
        packet = AcctPacket(id=report.identifier, secret=nas.secret, dict=self.dictionary)
        self.open_report(packet)
        packet["Event-Timestamp"] = int(report.now.timestamp())
        return packet

    def _add_port(self, packet: Any, phone: Subscriber) -> None:
        packet["NAS-Port-Type"] = "Wireless-802.11"
        packet["NAS-Port"] = phone.port
        packet["NAS-Port-Id"] = f"{phone.port:08d}"
        packet["Calling-Station-Id"] = self.station(phone)

    def _add_nas(self, packet: Any, nas: Nas) -> None:
        packet["Called-Station-Id"] = self.called(nas)
        packet["NAS-IP-Address"] = nas.address
        packet["NAS-Identifier"] = nas.identifier

    # --- Replies -------------------------------------------------------------------------------

    def rights(self, packet: Any, present: Rights) -> Rights:
        """Return `present` with what an Accept or a CoA-Request changes in it: the standard
        attributes and WISPr's, in bit/s."""

        def either(name: str, before: Any) -> Any:
            value = first(packet, name)
            return before if value is None else value

        return Rights(
            session_seconds=either("Session-Timeout", present.session_seconds),
            idle_seconds=either("Idle-Timeout", present.idle_seconds),
            interim_seconds=either("Acct-Interim-Interval", present.interim_seconds),
            upload_bps=either("WISPr-Bandwidth-Max-Up", present.upload_bps),
            download_bps=either("WISPr-Bandwidth-Max-Down", present.download_bps),
            upload_octets=present.upload_octets,
            download_octets=present.download_octets,
            total_octets=present.total_octets,
            ends_at=_terminate_time(packet, present.ends_at),
            redirection_url=str(either("WISPr-Redirection-URL", present.redirection_url)),
            reply_message=str(either("Reply-Message", "")),
            session_class=tuple(packet.get(25, present.session_class)),
        )

    def page_of(self, rights: Rights) -> str:
        """Return the page an Accept sends a phone to, without letting it through; mostly none."""
        return ""

    # --- Orders --------------------------------------------------------------------------------

    def names_session(self, order: Order) -> bool:
        """Tell whether an order says enough to be answered at all."""
        return bool(order.user_name or order.session_id or order.station)

    def concerns(self, order: Order, phone: Subscriber) -> bool:
        """Tell whether an order is about this phone's session: all that it names must fit."""
        return (
            phone.online is not None
            and order.user_name in ("", phone.online.user_name)
            and order.session_id in ("", phone.session_id)
            and _bare(order.station) in ("", _bare(phone.mac))
        )

    def closes(self, order: Order) -> TerminateCause | None:
        """Return why the order ends a session; None: it only changes its rights."""
        return TerminateCause.ADMIN_RESET if order.disconnect else None

    def asks_again(self, order: Order) -> bool:
        """Tell whether the order has the phone presented to RADIUS once more."""
        return False


def quota(packet: Any, octets_name: str, gigawords_name: str, before: int | None) -> int | None:
    """Return a 64-bit limit that a vendor tells in two attributes, in octets."""
    octets, gigawords = first(packet, octets_name), first(packet, gigawords_name)
    if octets is None and gigawords is None:
        return before
    return int(octets or 0) + int(gigawords or 0) * GIGAWORD


def _add_counters(packet: Any, counters: Counters) -> None:
    packet["Acct-Input-Octets"] = counters.upload_octets % GIGAWORD
    packet["Acct-Output-Octets"] = counters.download_octets % GIGAWORD
    packet["Acct-Input-Gigawords"] = counters.upload_octets // GIGAWORD
    packet["Acct-Output-Gigawords"] = counters.download_octets // GIGAWORD
    packet["Acct-Input-Packets"] = counters.upload_packets
    packet["Acct-Output-Packets"] = counters.download_packets


def _terminate_time(packet: Any, before: datetime | None) -> datetime | None:
    text = first(packet, "WISPr-Session-Terminate-Time")
    if text is None:
        return before
    at = datetime.fromisoformat(str(text))
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _bare(mac: str) -> str:
    return "".join(character for character in mac.upper() if character not in ":-.")
