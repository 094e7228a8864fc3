"""The territory as flat facts: each thing by its kind and code, with its values.

Where a description and the database meet: both are brought to this form, so that comparing them
is comparing values. References are codes; a secret is a value of its own that never shows itself.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from territory.gateway_dialects import dialect_of, usual_variant
from territory.model import (
    ControllerEntry,
    GatewayEntry,
    NasEntry,
    OperatorEntry,
    PlanEntry,
    PortBlocksEntry,
    SiteEntry,
    SnmpEntry,
    TerritoryFile,
)
from territory.rules.mac_form import form_of_brand
from territory.vocabulary import COA_PORT, COA_PORTS, AddressOrigin, Brand, SnmpVersion


class Kind(StrEnum):
    """What can be described, in the order it is made; it is unmade in the reverse order."""

    ORGANISATION = "organisation"
    PLAN = "plan"
    SITE = "site"
    NETWORK = "network"
    HELPER = "helper"
    PUBLIC_ADDRESS = "public address"
    PORT_BLOCKS = "port blocks"
    GATEWAY = "gateway"
    NAS = "nas"
    ACCESS_POINT = "access point"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Secret:
    """A shared secret in clear, on its way between a file or a seal and a configuration."""

    text: str = field(repr=False)
    """Never in a log, an audit line or a difference."""

    def __str__(self) -> str:
        return "(secret)"


Value = str | int | float | bool | date | datetime | tuple[str, ...] | Secret | None
Values = Mapping[str, Value]
State = Mapping[Kind, Mapping[str, Values]]
"""By kind, then by key: a code, a login, or `site/ssid` and `site/address`."""

BY_INTERVAL = frozenset({Kind.PUBLIC_ADDRESS, Kind.PORT_BLOCKS})
"""What is never changed nor taken away: its interval ends, and another may begin."""
LEFT_ALONE_WHEN_ABSENT = {
    Kind.SITE: frozenset({"methods"}),
    Kind.GATEWAY: frozenset({"portal_secret"}),
    Kind.NAS: frozenset({"shared_secret"}),
    Kind.OPERATOR: frozenset({"age_recipient", "signing_key"}),
}
"""What a description may leave out without taking it away."""
ENABLED = "enabled"
"""Of a held operator: whether they may sign in. No description says it; pruning ends it."""
_CONTROLLER = tuple(
    f"controller_{part}"
    for part in ("url", "site", "user", "password", "certificate", "client", "client_secret")
)
_MADE_WHEN_ABSENT = {Kind.GATEWAY: "portal_secret", Kind.NAS: "shared_secret"}


def key(*parts: object) -> str:
    """Return the key of what has no code of its own: `mairie-commercy/Wifi public`."""
    return "/".join(map(str, parts))


def described_state(description: TerritoryFile) -> dict[Kind, dict[str, Values]]:
    """Return the state a description asks for; a secret it does not give is None."""
    state: dict[Kind, dict[str, Values]] = {kind: {} for kind in Kind}
    for kind, name, values in _facts(description):
        state[kind][name] = values
    return state


def with_secrets(
    described: State, held: State, new_secret: Callable[[], str]
) -> tuple[dict[Kind, dict[str, Values]], list[tuple[Kind, str]]]:
    """Return the state with every secret in it, and which ones had to be made.

    A secret that the description leaves out is the one the database holds, or else a new one.
    """
    state = {kind: dict(things) for kind, things in described.items()}
    made = []
    for kind, name in _MADE_WHEN_ABSENT.items():
        for code, values in state[kind].items():
            if values[name] is not None or _shares_nothing(kind, values):
                continue
            secret = held[kind].get(code, {}).get(name)
            if secret is None:
                secret = Secret(new_secret())
                made.append((kind, code))
            state[kind][code] = {**values, name: secret}
    return state, made


def _shares_nothing(kind: Kind, values: Values) -> bool:
    """Whether a gateway's dialect has no secret to make."""
    if kind is not Kind.GATEWAY:
        return False
    dialect = dialect_of(str(values["brand"]), str(values["variant"]))
    return dialect is not None and not dialect.shares_secret


def sites_with_stated_addresses(description: TerritoryFile) -> frozenset[str]:
    """Return the sites whose public addresses the description gives; others are observed."""
    return frozenset(s.code for s in description.sites if s.public_addresses is not None)


def _facts(description: TerritoryFile) -> Iterator[tuple[Kind, str, Values]]:
    for organisation in description.organisations:
        newsletter, contract = organisation.newsletter, organisation.contract
        values = {
            "name": organisation.name,
            "kind": organisation.kind.value,
            "siren": organisation.siren,
            "contact_email": organisation.contact,
            "dpo_email": organisation.dpo,
            "contract_role": contract.role.value if contract else None,
            "competence_basis": contract.competence_basis if contract else None,
            "contract_since": contract.since if contract else None,
            "colour": organisation.colour,
            "logo": organisation.logo,
            "message": organisation.message,
            "sponsors": tuple(sorted(set(organisation.sponsors))),
            "newsletter_sender": newsletter.sender if newsletter else None,
            "newsletter_purpose": newsletter.purpose if newsletter else None,
            "sms_a_day": organisation.sms.a_day,
            "sms_a_month": organisation.sms.a_month,
        }
        yield Kind.ORGANISATION, organisation.code, values
    for plan in description.plans:
        yield Kind.PLAN, plan.code, _plan_values(plan)
    for site in description.sites:
        yield from _site_facts(site)
    for operator in description.operators:
        yield Kind.OPERATOR, operator.login, _operator_values(operator)


def _plan_values(plan: PlanEntry) -> Values:
    return {
        "name": plan.name,
        "session_seconds": plan.session,
        "idle_seconds": plan.idle,
        "interim_seconds": plan.interim,
        "upload_bps": plan.upload,
        "download_bps": plan.download,
        "session_octets": plan.volume,
        "mac_authentication": plan.mac_authentication,
        "day_seconds": plan.day_time,
        "month_seconds": plan.month_time,
        "day_octets": plan.day_volume,
        "month_octets": plan.month_volume,
        "devices": plan.devices,
        "hours": plan.hours,
        "public_holidays": plan.public_holidays.value,
        "at_end": plan.at_end.value,
        "slow_upload_bps": plan.slow_upload,
        "slow_download_bps": plan.slow_download,
        "vlan": plan.vlan,
        "role": plan.role,
        "methods": tuple(sorted({one.value for one in plan.methods})),
        "least_level": plan.identification.value,
    }


def _operator_values(operator: OperatorEntry) -> Values:
    return {
        "display_name": operator.display_name,
        "role": operator.role.value,
        "organisation": operator.organisation,
        "age_recipient": operator.age_recipient,
        "signing_key": operator.signing_key,
    }


def _site_facts(site: SiteEntry) -> Iterator[tuple[Kind, str, Values]]:
    values: dict[str, Value] = {
        "organisation": site.organisation,
        "name": site.name,
        "insee": site.commune.insee if site.commune else None,
        "postal_address": site.address,
        "latitude": site.coordinates.latitude if site.coordinates else None,
        "longitude": site.coordinates.longitude if site.coordinates else None,
        "place_type": site.place_type.value,
        "link": site.link.value,
        "plan": site.plan,
        "listed": site.listed,
        "package": site.package,
        "welcome": site.welcome,
        "hours": site.hours,
        "closed_days": tuple(sorted(set(site.closed_days))),
        "mac_authentication": site.mac_authentication,
        "methods": tuple(dict.fromkeys(site.methods)) if site.methods else None,
        "wifi4eu": site.wifi4eu,
        "wifi4eu_snippet": site.wifi4eu_snippet,
        "methods_described": site.methods is not None,
        "sms_a_day": site.sms.a_day,
        "sms_a_month": site.sms.a_month,
        "sms_unproven_an_hour": site.sms.unproven_an_hour,
    }
    yield Kind.SITE, site.code, values
    for network in site.networks:
        values = {"site": site.code, "ssid": network.ssid, "kind": network.kind.value}
        yield Kind.NETWORK, key(site.code, network.ssid), values
    for helper in site.helpers:
        values = {"site": site.code, **helper.model_dump()}
        yield Kind.HELPER, key(site.code, helper.name), values
    for address in site.public_addresses or ():
        values = {
            "site": site.code,
            "address": str(address),
            "origin": AddressOrigin.STATED.value,
        }
        yield Kind.PUBLIC_ADDRESS, key(site.code, address), values
    if site.port_blocks is not None:
        yield _port_blocks_fact(site.code, site.port_blocks)
    for gateway in site.gateways:
        yield from _gateway_facts(site, gateway)
    for radio in site.access_points:
        values = {
            "site": site.code,
            "name": radio.name,
            "mac": radio.mac,
            "management_address": _text(radio.management_address),
            "model": radio.model,
            "snmp": _snmp(radio.snmp or site.snmp),
        }
        yield Kind.ACCESS_POINT, radio.code, values


def _port_blocks_fact(site: str, entry: PortBlocksEntry) -> tuple[Kind, str, Values]:
    shared = entry.shared()
    values: dict[str, Value] = {
        "site": site,
        "first_address": str(shared.first_address),
        "last_address": str(shared.last_address),
        "ports": shared.ports,
        "first_port": shared.first_port,
        "last_port": shared.last_port,
        "pool": " ".join(map(str, shared.pool)),
    }
    name = key(*values.values())
    return Kind.PORT_BLOCKS, name, {**values, "in_force_since": entry.in_force_since}


def _gateway_facts(site: SiteEntry, gateway: GatewayEntry) -> Iterator[tuple[Kind, str, Values]]:
    values: dict[str, Value] = {
        "site": site.code,
        "brand": gateway.brand.value,
        "login_address": gateway.login_address,
        "portal_base": gateway.portal_base,
        "portal_secret": _secret(gateway.portal_secret),
        "model": gateway.model,
        "variant": usual_variant(gateway.brand) if gateway.variant is None else gateway.variant,
        **_controller_values(gateway.controller),
    }
    yield Kind.GATEWAY, gateway.code, values
    for nas in gateway.nas:
        values = {
            "site": site.code,
            "gateway": gateway.code,
            "source_address": _text(nas.source_address),
            "tls_name": nas.tls_name,
            "identifier": nas.identifier,
            "shared_secret": _secret(nas.shared_secret),
            "require_message_authenticator": nas.require_message_authenticator.value,
            "limit_proxy_state": nas.limit_proxy_state,
            "coa_port": nas.coa_port or COA_PORTS.get(gateway.brand, COA_PORT),
            "attribute_sets": tuple(sorted(one.value for one in nas.attribute_sets)),
            **_mac_form(gateway.brand, nas),
            "snmp": _snmp(nas.snmp or site.snmp),
        }
        yield Kind.NAS, nas.code, values


def _controller_values(controller: ControllerEntry | None) -> dict[str, Value]:
    """Return how a gateway's controller is reached; without one, nothing of it is held."""
    if controller is None:
        return dict.fromkeys(_CONTROLLER)
    return {
        "controller_url": controller.url,
        "controller_site": controller.site,
        "controller_user": controller.user,
        "controller_password": Secret(controller.password),
        "controller_certificate": controller.certificate,
        "controller_client": controller.client,
        "controller_client_secret": _secret(controller.client_secret),
    }


def _mac_form(brand: Brand, nas: NasEntry) -> dict[str, Value]:
    """Return how a NAS presents a device: as it declares, else as its brand does by itself."""
    usual = form_of_brand(brand)
    return {
        "mac_user_name": (nas.mac_user_name or usual.user_name).value,
        "mac_password": (nas.mac_password or usual.password).value,
    }


def _snmp(entry: SnmpEntry | None) -> Secret | None:
    """Return how a piece of equipment is asked, whole, since most of it is secret."""
    if entry is None or entry.version is SnmpVersion.NONE:
        return None
    return Secret(entry.model_dump_json(exclude_none=True))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _secret(text: str | None) -> Secret | None:
    return None if text is None else Secret(text)
