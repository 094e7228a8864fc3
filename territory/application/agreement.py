"""Whether the values of a description agree with each other and with the country's communes.

The second look at a description. It reads the content leniently, as it was typed, so that what the
first look found wrong in one place never hides what is wrong in another. Each rule is a generator
of (place, what was expected); all of them always run. Pure.
"""

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from territory.access.roles import Role
from territory.application.reading import Path, format_path
from territory.communes.national_list import NationalList, plain
from territory.errors import ProtocolError
from territory.gateway_dialects import DIALECTS, NOT_OFFERED, SPOKEN, Dialect, usual_variant
from territory.identifiers import InseeCode, MacAddress
from territory.measures import parse_duration, parse_rate
from territory.rules import wifi4eu
from territory.rules.identification import allowed_methods, methods_of
from territory.rules.snmp_access import in_clear, snmp_faults
from territory.values import is_inside
from territory.vocabulary import (
    OFFERED,
    AtEnd,
    Brand,
    IdentificationLevel,
    IdentificationMethod,
    Link,
    NetworkKind,
    PlaceType,
    Zone,
)

Finding = tuple[Path, str]


@dataclass(frozen=True, slots=True)
class Known:
    """What a description is held against."""

    communes: NationalList
    """The national list."""
    packages: Set[str]
    """Codes of the site packages that can be ordered."""


def findings(content: Any, known: Known) -> list[Finding]:
    """Return everything in a description that does not agree, in the rules' order."""
    return [finding for rule in _RULES for finding in rule(content, known)]


def entries(content: Any, *keys: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Give each mapping found along nested lists: `entries(content, "sites", "gateways")`."""
    if not isinstance(content, dict):
        return
    key, *rest = keys
    items = content.get(key)
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if not isinstance(item, dict):
            continue
        if not rest:
            yield (key, index), item
            continue
        for path, inner in entries(item, *rest):
            yield (key, index, *path), inner


def _text(entry: dict[str, Any], key: str) -> str | None:
    value = entry.get(key)
    return value.strip() if isinstance(value, str) and value.strip() else None


def _canonical(parse: Callable[[str], object], text: str) -> str | None:
    """Return the one written form of a text, or None where the first look has refused it."""
    try:
        return str(parse(text))
    except (ProtocolError, ValueError):
        return None


def _address(text: str) -> IPv4Address | IPv6Address:
    found = ip_address(text)
    return getattr(found, "ipv4_mapped", None) or found


_UNIQUE: tuple[tuple[tuple[str, ...], str, Callable[[str], object]], ...] = (
    (("organisations",), "code", str),
    (("plans",), "code", str),
    (("sites",), "code", str),
    (("sites", "gateways"), "code", str),
    (("sites", "gateways", "nas"), "code", str),
    (("sites", "gateways", "nas"), "source_address", _address),
    (("sites", "gateways", "nas"), "tls_name", str.lower),
    (("sites", "access_points"), "code", str),
    (("sites", "access_points"), "mac", MacAddress.parse),
    (("operators",), "login", str.lower),
)


def _said_twice(content: Any, _: Known) -> Iterator[Finding]:
    """Codes, logins, NAS addresses and radios' MAC addresses name one thing each."""
    for keys, name, parse in _UNIQUE:
        seen: dict[str, Path] = {}
        for path, entry in entries(content, *keys):
            text = _text(entry, name)
            value = _canonical(parse, text) if text else None
            if value is None:
                continue
            if value in seen:
                yield (
                    (*path, name),
                    f"expected unique, {value} is also at {format_path(seen[value])}",
                )
            seen.setdefault(value, (*path, name))


def _said_twice_within_a_site(content: Any, _: Known) -> Iterator[Finding]:
    """A site has each SSID, each helper and each public address once."""
    for path, site in entries(content, "sites"):
        names = [(p, _text(n, "ssid")) for p, n in entries(site, "networks")]
        helpers = [(p, _text(h, "name")) for p, h in entries(site, "helpers")]
        addresses = site.get("public_addresses")
        texts = addresses if isinstance(addresses, list) else []
        named = [
            (("public_addresses", index), _canonical(_address, text))
            for index, text in enumerate(texts)
            if isinstance(text, str)
        ]
        for group, key in ((names, ("ssid",)), (helpers, ("name",)), (named, ())):
            seen = set()
            for inner, value in group:
                if value in seen and value is not None:
                    yield (*path, *inner, *key), f"expected once in a site, found {value} again"
                seen.add(value)


_REFERENCES = (
    (("sites",), "organisation", "organisations"),
    (("sites",), "plan", "plans"),
    (("operators",), "organisation", "organisations"),
)


def _names_nothing(content: Any, known: Known) -> Iterator[Finding]:
    """A reference names something that is described in the same file, or a known package."""
    for keys, name, target in _REFERENCES:
        codes = {_text(entry, "code") for _, entry in entries(content, target)}
        for path, entry in entries(content, *keys):
            yield from _unless_known((*path, name), _text(entry, name), codes, target)
    for path, site in entries(content, "sites"):
        package = _text(site, "package")
        yield from _unless_known((*path, "package"), package, known.packages, "packages")


def _unless_known(
    path: Path, value: str | None, codes: Set[str | None] | Set[str], target: str
) -> Iterator[Finding]:
    if value is None or value in codes:
        return
    near = get_close_matches(value, sorted(filter(None, codes)), n=1)
    meant = f": did you mean {near[0]}?" if near else ""
    yield path, f"expected one of the {target}, found {value}{meant}"


def _commune_differs(content: Any, known: Known) -> Iterator[Finding]:
    """A site stands in a commune that exists, under its own name, unless it travels."""
    territory = content.get("territory") if isinstance(content, dict) else None
    departement = _text(territory, "departement") if isinstance(territory, dict) else None
    for path, site in entries(content, "sites"):
        commune = site.get("commune")
        if isinstance(commune, dict):
            found = _commune_finding(commune, departement, known.communes)
            if found:
                yield (*path, "commune", found[0]), found[1]
        elif commune is None and _text(site, "place_type") != PlaceType.ITINERANT:
            yield path, f"expected a commune, unless place_type is {PlaceType.ITINERANT}"


def _commune_finding(
    entry: dict[str, Any], departement: str | None, communes: NationalList
) -> tuple[str, str] | None:
    code = _canonical(InseeCode.parse, _text(entry, "insee") or "")
    name = _text(entry, "name")
    if code is None:
        return None
    commune = communes.find(code)
    if commune and (not name or plain(name) == plain(commune.name)):
        return None
    near = communes.near(name, departement) if name else []
    meant = f"; did you mean {' or '.join(map(str, near))}?" if near else ""
    if commune:
        return "name", f"expected {commune.name}, the name of {code}, found {name}{meant}"
    if successor := communes.successor(code):
        return "insee", f"expected a commune of today: {code} is now part of {successor}"
    return "insee", f"expected a commune of the {communes.vintage} list, found {code}{meant}"


def _cannot_work(content: Any, _: Known) -> Iterator[Finding]:
    """A gateway speaks a dialect the portal knows, on a link it can use, with what it needs."""
    for path, site in entries(content, "sites"):
        for inner, gateway in entries(site, "gateways"):
            brand, place = gateway.get("brand"), (*path, *inner)
            if brand not in set(Brand):
                continue
            if brand not in SPOKEN:
                words = " or ".join(sorted(SPOKEN))
                yield (*place, "brand"), f"expected {words}: the portal does not speak {brand} yet"
                continue
            dialect, fault = _dialect(Brand(brand), gateway)
            if dialect is None:
                yield (*place, "variant"), fault
                continue
            yield from _link_cannot_carry(dialect, path, site.get("link"))
            yield from _incomplete(dialect, place, gateway)


def _dialect(brand: Brand, gateway: dict[str, Any]) -> tuple[Dialect | None, str]:
    """Return what a gateway speaks, or what was expected."""
    variants = DIALECTS[brand]
    wanted = _text(gateway, "variant")
    found = variants.get(usual_variant(brand) if wanted is None else wanted)
    named = sorted(filter(None, variants))
    why = NOT_OFFERED.get((brand, wanted or ""), "")
    words = f"expected {' or '.join(named) or 'none'} for {brand}, found {wanted}"
    return found, f"{words}: {why}" if why else words


def _link_cannot_carry(dialect: Dialect, path: Path, link: object) -> Iterator[Finding]:
    if link in set(Link) and link not in dialect.links:
        words = " or ".join(sorted(dialect.links))
        found = f"expected {words}: {dialect.name} does not work over {link}"
        yield (*path, "link"), found


def _incomplete(dialect: Dialect, place: Path, gateway: dict[str, Any]) -> Iterator[Finding]:
    """A gateway whose server asks RADIUS has a NAS; one that is commanded has its controller."""
    if dialect.asks_radius and not gateway.get("nas"):
        yield place, f"expected at least one nas: {dialect.brand} asks RADIUS"
    if dialect.needs_controller and not gateway.get("controller"):
        yield place, f"expected a controller: {dialect.name} is let in by its controller"
    if gateway.get("controller") and not dialect.needs_controller:
        yield (*place, "controller"), f"expected none: {dialect.name} needs no controller's account"


def _reading_application(content: Any, _: Known) -> Iterator[Finding]:
    """Omada's controllers tell of access points to an application: an identity and a secret."""
    for path, gateway in entries(content, "sites", "gateways"):
        controller = gateway.get("controller")
        if not isinstance(controller, dict):
            continue
        named = [name for name in ("client", "client_secret") if controller.get(name)]
        if named and gateway.get("brand") != Brand.OMADA:
            words = "expected none: only Omada's controllers know applications"
            yield (*path, "controller", named[0]), words
        elif len(named) == 1:
            yield (*path, "controller"), "expected client and client_secret, or neither"


def _listed_twice(content: Any, _: Known) -> Iterator[Finding]:
    """Two gateways do not share a controller's site: its list of guests would be both's."""
    seen: dict[tuple[str, str], Path] = {}
    for path, gateway in entries(content, "sites", "gateways"):
        controller, brand = gateway.get("controller"), gateway.get("brand")
        if not isinstance(controller, dict) or brand not in SPOKEN:
            continue
        dialect, _fault = _dialect(Brand(brand), gateway)
        url = _text(controller, "url")
        if dialect is None or dialect.asks_radius or url is None:
            continue
        named = (url.rstrip("/").lower(), _text(controller, "site") or "default")
        if named in seen:
            words = "expected a site of this controller's own for each gateway"
            yield (
                (*path, "controller"),
                f"{words}: {named[1]} is also at {format_path(seen[named])}",
            )
        seen.setdefault(named, (*path, "controller"))


def _nas_without_proof(content: Any, _: Known) -> Iterator[Finding]:
    """A NAS is known by its certificate over TLS, by its address over every other link.

    A cloud's RADIUS comes through the Internet, so inside TLS. A tunnel has an address of its own,
    which one NAS of its site may leave out.
    """
    for path, site in entries(content, "sites"):
        link = site.get("link")
        if link not in set(Link):
            continue
        by_tls = link in {Link.RADSEC, Link.CLOUD}
        wanted = "tls_name" if by_tls else "source_address"
        other = "source_address" if by_tls else "tls_name"
        given_by_link = link == Link.TUNNEL
        for inner, nas in entries(site, "gateways", "nas"):
            if nas.get(wanted) is None and not given_by_link:
                meaning = (
                    "the DNS name in its certificate" if by_tls else "where its packets come from"
                )
                yield (*path, *inner, wanted), f"expected {meaning}, since link is {link}"
            if nas.get(wanted) is None:
                given_by_link = False
            if nas.get(other) is not None:
                yield (*path, *inner, other), f"expected none, since link is {link}: {wanted} alone"


def _children_first(content: Any, _: Known) -> Iterator[Finding]:
    """No fixed Wi-Fi where children under three are received (loi 2015-136, art. 7)."""
    for path, site in entries(content, "sites"):
        creche = site.get("place_type") == PlaceType.CRECHE
        for inner, radio in entries(site, "access_points"):
            place = (*path, *inner, "zone")
            if radio.get("zone") == Zone.UNDER3:
                yield place, "expected no access point in a space for children under 3 (A-21)"
            elif creche and radio.get("zone") is None:
                yield place, f"expected {Zone.GENERAL} or {Zone.UNDER3}, written out in a crèche"


def _ends_otherwise(content: Any, _: Known) -> Iterator[Finding]:
    """Slow rates and the end that takes them go together, and limit what there is to limit."""
    for path, plan in entries(content, "plans"):
        is_slow = plan.get("at_end") == AtEnd.SLOW
        for rate, full in (("slow_upload", "upload"), ("slow_download", "download")):
            slow = _amount(plan, rate)
            if is_slow and _text(plan, rate) is None:
                yield (*path, rate), f"expected a rate, since at_end is {AtEnd.SLOW}"
            if not is_slow and _text(plan, rate) is not None:
                yield (*path, rate), f"expected none, unless at_end is {AtEnd.SLOW}"
            fast = _amount(plan, full)
            if slow is not None and fast is not None and slow > fast:
                yield (*path, rate), f"expected at most {full}, {_text(plan, full)}"


def _amount(plan: dict[str, Any], name: str) -> int | None:
    """Return a rate in bit/s, or None where there is none or the first look has refused it."""
    try:
        return parse_rate(_text(plan, name) or "")
    except ValueError:
        return None


def _nobody_can_use(content: Any, _: Known) -> Iterator[Finding]:
    """A site's plan is open to a way of identifying oneself that the portal has."""
    used = {_text(site, "plan") for _, site in entries(content, "sites")}
    for path, plan in entries(content, "plans"):
        taken = _taken(plan)
        if taken is not None and _text(plan, "code") in used and not taken & OFFERED:
            words = " or ".join(sorted(OFFERED))
            place = "methods" if plan.get("methods") else "identification"
            yield (*path, place), f"expected a plan open to {words}: nothing else is offered yet"


def _offers_what_is_refused(content: Any, _: Known) -> Iterator[Finding]:
    """A site offers ways of identifying oneself that its plan takes, and one at least."""
    plans = {_text(plan, "code"): plan for _, plan in entries(content, "plans")}
    for path, site in entries(content, "sites"):
        plan = plans.get(_text(site, "plan"))
        taken = _taken(plan) if plan is not None else None
        if plan is None or taken is None or not taken & OFFERED:
            continue
        words, stated = " or ".join(sorted(taken & OFFERED)), site.get("methods")
        for index, method in enumerate(stated if isinstance(stated, list) else ()):
            if method in set(IdentificationMethod) - (taken & OFFERED):
                yield (*path, "methods", index), f"expected what its plan takes: {words}"
        if stated is None and not set(methods_of(None, _listed(plan), _least(plan))) & OFFERED:
            yield (*path, "methods"), f"expected one or more of {words}: its plan asks for it"


def _taken(plan: dict[str, Any]) -> frozenset[IdentificationMethod] | None:
    """Return the methods a plan is open to; None where the first look has refused its list."""
    listed, known = plan.get("methods") or [], _listed(plan)
    if not isinstance(listed, list) or len(known) < len(set(map(str, listed))):
        return None
    return allowed_methods(known, _least(plan))


def _listed(plan: dict[str, Any]) -> list[IdentificationMethod]:
    listed = plan.get("methods") or []
    return [m for m in IdentificationMethod if isinstance(listed, list) and m in listed]


def _least(plan: dict[str, Any]) -> IdentificationLevel:
    level = plan.get("identification")
    return next((one for one in IdentificationLevel if one == level), IdentificationLevel.NONE)


def _breaks_wifi4eu(content: Any, _: Known) -> Iterator[Finding]:
    """A site of WiFi4EU has its name, one click, and half a day without another page."""
    plans = {_text(plan, "code"): plan for _, plan in entries(content, "plans")}
    for path, site in entries(content, "sites"):
        if not _says_yes(site.get("wifi4eu")):
            if site.get("wifi4eu_snippet") is not None:
                yield (*path, "wifi4eu_snippet"), "expected none, unless wifi4eu is true"
            continue
        public = [n for _, n in entries(site, "networks") if n.get("kind") != NetworkKind.STAFF]
        if not any(_text(network, "ssid") == wifi4eu.SSID for network in public):
            yield (*path, "networks"), f"expected a public network named exactly {wifi4eu.SSID}"
        stated = site.get("methods")
        for index, method in enumerate(stated if isinstance(stated, list) else ()):
            if method in set(IdentificationMethod) - set(wifi4eu.ONE_CLICK):
                words = " or ".join(wifi4eu.ONE_CLICK)
                yield (*path, "methods", index), f"expected {words}: no account on {wifi4eu.SSID}"
        plan = plans.get(_text(site, "plan"))
        yield from _plan_breaks_wifi4eu((*path, "plan"), plan or {})


def _plan_breaks_wifi4eu(place: Path, plan: dict[str, Any]) -> Iterator[Finding]:
    """A plan for it lasts half a day, shares the line, and takes who says nothing."""
    code, seconds = _text(plan, "code"), _seconds(plan)
    if seconds is not None and seconds < wifi4eu.LEAST_SESSION_SECONDS:
        yield (
            place,
            f"expected a plan whose session is 12h at least on {wifi4eu.SSID}, found {code}",
        )
    if code and (_text(plan, "upload") is None or _text(plan, "download") is None):
        yield (
            place,
            f"expected a plan with an upload and a download rate, found {code}: fair sharing",
        )
    taken = _taken(plan) if code else None
    if taken is not None and not taken & set(wifi4eu.ONE_CLICK):
        yield place, f"expected a plan open to {wifi4eu.ONE_CLICK[0]}, found {code}"


def _seconds(plan: dict[str, Any]) -> int | None:
    """Return how long a plan's session lasts, or None where the first look has refused it."""
    try:
        return parse_duration(_text(plan, "session") or "")
    except ValueError:
        return None


def _says_yes(value: object) -> bool:
    return isinstance(value, str) and value.strip().lower() in _YES


_YES = {"true", "yes", "on", "y", "t", "1"}
"""As the model reads a yes."""


def _snmp_unfit(content: Any, _: Known) -> Iterator[Finding]:
    """The keys of an `snmp:` go together, and what is read in clear stays inside."""
    for path, site in entries(content, "sites"):
        usual = _snmp(site)
        yield from (((*path, "snmp", key), words) for key, words in snmp_faults(usual))
        things = (*entries(site, "gateways", "nas"), *entries(site, "access_points"))
        for inner, thing in things:
            own = _snmp(thing)
            yield from (((*path, *inner, "snmp", key), words) for key, words in snmp_faults(own))
            address = _canonical(_address, _text(thing, "management_address") or "")
            if address and not is_inside(ip_address(address)) and in_clear(own or usual):
                words = "expected an address inside the site's link, or SNMPv3 with priv"
                yield (*path, *inner, "management_address"), words


def _snmp(entry: dict[str, Any]) -> dict[str, Any]:
    found = entry.get("snmp")
    return found if isinstance(found, dict) else {}


def _operator_without_place(content: Any, _: Known) -> Iterator[Finding]:
    """An agent sees an organisation's sites, so one is named; whose powers are the whole
    territory's belongs to none."""
    for path, operator in entries(content, "operators"):
        role, has_one = operator.get("role"), bool(_text(operator, "organisation"))
        if role in tuple(Role) and not Role(role).fits(has_organisation=has_one):
            expected = "expected none" if has_one else "expected the agent's organisation"
            why = ": this role is the whole territory's" if has_one else ""
            yield (*path, "organisation"), expected + why


_RULES = (
    _said_twice,
    _said_twice_within_a_site,
    _names_nothing,
    _commune_differs,
    _cannot_work,
    _listed_twice,
    _reading_application,
    _nas_without_proof,
    _children_first,
    _ends_otherwise,
    _nobody_can_use,
    _offers_what_is_refused,
    _breaks_wifi4eu,
    _snmp_unfit,
    _operator_without_place,
)
