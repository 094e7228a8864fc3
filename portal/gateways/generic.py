"""Gateways whose log-in is a plain form: no code of their own, a description in a file.

`descriptions.toml` names the parameters of the redirect and the fields of the form, variant by
variant. Whatever a redirect tells, guests are sent to the site's own addresses only. Nothing here
is signed, so the credential alone opens anything, on the device that shows it first.
"""

import string
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from portal.gateways.own_address import ANYWHERE, checked_host, checked_url, in_url, own_port
from portal.gateways.query import parse_query
from portal.gateways.vocabulary import (
    Arrival,
    Departure,
    FormBack,
    HandBack,
    Refusal,
    Registration,
    Situation,
    WayBack,
    device_of,
    required,
)
from territory.errors import ProtocolError
from territory.identifiers import MAX_SSID_OCTETS, MacAddress

_TOLD = "told."
_LONGEST_TOLD = 512
_UNESCAPED = "-_.~"


class Description(BaseModel):
    """What one make's redirect says, and what it takes back."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    device: str
    access_point: str | None = None
    ssid: str | None = None
    error: str | None = None
    address: str | None = None
    host: str | None = None
    scheme: Literal["http", "https"] = "http"
    path: str = Field(default="/", pattern="^/")
    returns: Literal["get", "form"]
    fields: dict[str, str] = Field(min_length=1)

    @property
    def told(self) -> frozenset[str]:
        """The parameters of the redirect that the form repeats."""
        names = (part for text in self.fields.values() for _, part, _, _ in _parse(text) if part)
        return frozenset(n.removeprefix(_TOLD) for n in names if n.startswith(_TOLD))


@cache
def descriptions() -> Mapping[str, Description]:
    """Return every description, by variant."""
    text = files("portal.gateways").joinpath("descriptions.toml").read_text(encoding="utf-8")
    return {name: Description.model_validate(one) for name, one in tomllib.loads(text).items()}


def name_in(query: bytes) -> str:
    """Return the MAC address of the access point that a redirect names; not yet believed."""
    parameters = parse_query(query)
    for description in descriptions().values():
        told = parameters.get(description.access_point or "", "")
        if told:
            return str(_access_point(told))
    raise ProtocolError("missing-access-point")


def returned_visit(query: bytes) -> str:  # noqa: ARG001 - every redirect tells all it needs
    """Return nothing: a gateway of this kind only presents devices."""
    return ""


def read(query: bytes, registration: Registration) -> Arrival:
    """Return what a redirect tells, once its addresses were compared with the site's own."""
    description, parameters = _description(registration), parse_query(query)
    refused = bool(description.error and parameters.get(description.error))
    carried = {"to": _address(description, parameters, registration)}
    for name in description.told:
        carried[_TOLD + name] = parameters.get(name, "")[:_LONGEST_TOLD]
    return Arrival(
        situation=Situation.REFUSED if refused else Situation.CAPTIVE,
        device=device_of(required(parameters, description.device)),
        carried=carried,
        refusal=Refusal.OTHER if refused else None,
        ssid=parameters.get(description.ssid or "", "")[:MAX_SSID_OCTETS],
    )


def hand_back(registration: Registration, departure: Departure) -> WayBack:
    """Return the form, or the address, that logs the browser in."""
    description = _description(registration)
    url = checked_url(required(departure.carried, "to"), registration)
    values = {
        "user_name": departure.credential.user_name,
        "password": departure.credential.password,
        "page": departure.page_of_ours,
        **departure.carried,
    }
    fields = {name: _fill(text, values) for name, text in description.fields.items()}
    if description.returns == "form":
        return FormBack(url, fields)
    query = "&".join(f"{name}={quote(value, safe=_UNESCAPED)}" for name, value in fields.items())
    return HandBack(f"{url}{'&' if '?' in url else '?'}{query}")


def log_off(registration: Registration, carried: Mapping[str, str]) -> WayBack | None:  # noqa: ARG001
    """Return nothing: none of them documents a way out, the base asks the NAS."""
    return None


def start(registration: Registration) -> HandBack:  # noqa: ARG001
    """Return an address that every captive browser is redirected from."""
    return ANYWHERE


def _description(registration: Registration) -> Description:
    found = descriptions().get(registration.variant)
    if found is None:
        raise ProtocolError("no-description")
    return found


def _access_point(text: str) -> MacAddress:
    try:
        return MacAddress.parse(text)
    except ProtocolError as fault:
        raise ProtocolError("bad-access-point") from fault


def _address(
    description: Description, parameters: Mapping[str, str], registration: Registration
) -> str:
    """The address guests log in at, as told or as described; always the site's own."""
    if description.address:
        return checked_url(required(parameters, description.address), registration)
    host = registration.login_address
    if description.host:
        told = checked_host(
            required(parameters, description.host), registration, or_access_point=True
        )
        port = own_port(registration)
        host = f"{in_url(told)}:{port}" if port else in_url(told)
    return f"{description.scheme}://{host}{description.path}"


def _parse(text: str) -> list[tuple[str, str | None, str | None, str | None]]:
    return list(string.Formatter().parse(text))


def _fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in the place of their names; nothing of a value is looked at again."""
    return "".join(
        literal + (values.get(name, "") if name else "") for literal, name, _, _ in _parse(text)
    )
