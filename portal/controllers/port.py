"""What the portal asks of a gateway's controller, whatever its make.

    splash -> adapter.hand_back -> ControllerBack -> CONTROLLERS[dialect](record) -> let_in
    keeper -> online, put_out          a technician's log-out -> put_out

A controller is called down the site's link, with a deadline, and tried again only where asking
twice does no harm. Whatever goes wrong becomes a `ControllerFault` with one of few reasons, each
with a sentence for technicians (`territory.controllers.record`); guests read that their place's
equipment does not answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from portal.gateways.vocabulary import Allowance, Credential
from territory.identifiers import MacAddress


@dataclass(frozen=True, slots=True)
class ControllerGuest:
    """A guest as a controller knows one."""

    device: MacAddress
    """Its MAC address."""
    carried: Mapping[str, str] = field(default_factory=dict)
    """What the redirect told beside: access point, SSID... in the dialect's own words."""


@dataclass(frozen=True, slots=True)
class Online:
    """A device that the controller lets through now."""

    device: MacAddress
    """Which."""
    seconds: int
    """Since it was let in, or since it associated: what the octets are counted from."""
    upload_octets: int = 0
    """From the guest."""
    download_octets: int = 0
    """To the guest."""
    address: str = ""
    """Its private address, where told; as it was told."""
    counts_on: bool = True
    """Whether the octets are those since it was let in, also before it was away for a while."""


class Controller(Protocol):
    """One controller, of any make."""

    async def let_in(
        self, guest: ControllerGuest, allowance: Allowance, credential: Credential
    ) -> None:
        """Let a guest through.

        Raises:
            ControllerFault: it did not.
        """

    async def put_out(self, guest: ControllerGuest) -> None:
        """Let a guest through no longer; one it does not let through is no fault.

        Raises:
            ControllerFault: it could not be told, or said no.
        """

    async def online(self) -> Sequence[Online]:
        """Return who is let through now; a controller that cannot tell returns nobody.

        Raises:
            ControllerFault: it did not say.
        """


class Opener(Protocol):
    """A controller whose gateways name a device encrypted."""

    async def open_device(self, sealed: str) -> MacAddress:
        """Return the device.

        Raises:
            ControllerFault: it was not opened.
        """
        ...
