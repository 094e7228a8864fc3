"""Renders one gateway's bundle: the files a technician drops on a router. Pure.

An offer's data and a site's sheet go through the templates of the brand; what cannot work is
refused before a single file exists. A file that holds a secret says so, and is written for its
owner alone. The same sheet always gives the same octets, so that a manifest tells whether a router
has the bundle it should have.
"""

import hashlib
import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, ip_address
from pathlib import Path, PurePosixPath
from typing import Any

import jinja2

from deploy.packages import port_rules
from deploy.packages.catalogue import Offer, Rendering
from deploy.packages.opennds import HTTP_PORT, POLL_SECONDS, fas_faults, fas_of
from deploy.packages.site_sheet import Base, GatewaySheet, NasSheet, SiteSheet, TunnelSheet
from territory.errors import ConfigurationError, Fault
from territory.gateway_dialects import DIALECTS, usual_variant
from territory.identifiers import MAX_SSID_OCTETS
from territory.rules.mac_form import given_password
from territory.rules.port_blocks import PortBlocks
from territory.site_test.probes import PROBES
from territory.vocabulary import Brand, Link, MacPassword, MacUserName

_TEMPLATES = Path(__file__).parent / "templates"
_SUFFIX = ".j2"
_RADSEC_TEMPLATE = "openwrt-radsec"
RADSEC_FOLDER = PurePosixPath("files/etc/socle-radsec")
"""Where a bundle has its key and certificates, once they are issued."""
_ENHANCED_MARK = " OWE"
_ASK_RADIUS = frozenset({Brand.COOVACHILLI, Brand.MIKROTIK})
"""Brands whose bundle holds the secret of their NAS."""
_PORT_RULES: Mapping[Brand, tuple[PurePosixPath, Callable[[PortBlocks], str]]] = {
    Brand.COOVACHILLI: (port_rules.PATH, port_rules.port_rules),
    Brand.OPENNDS: (port_rules.PATH, port_rules.port_rules),
    Brand.MIKROTIK: (port_rules.ROUTEROS_PATH, port_rules.routeros_port_rules),
}
"""Where the rules that share a site's ports out lie in a bundle, and what makes them."""
_CHILLI_CANNOT_QUOTE = frozenset('"\\')

PUBLIC, SECRET, PROGRAM = 0o644, 0o600, 0o700


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One file of a bundle."""

    path: PurePosixPath
    """Relative to the bundle's folder."""
    content: str
    mode: int
    """0600 where it holds a secret, 0700 where it is run."""

    @property
    def sha256(self) -> str:
        """Hex digest of the content."""
        return hashlib.sha256(self.content.encode()).hexdigest()


def render(
    offer: Offer, site: SiteSheet, gateway: GatewaySheet, base: Base
) -> tuple[BundleFile, ...]:
    """Return the files of a gateway's bundle, the manifest last.

    Raises:
        ConfigurationError: every reason why this gateway cannot be rendered.
    """
    faults = list(_faults(offer, site, gateway, base))
    if faults:
        raise ConfigurationError(faults)
    rendering = offer.bundles[gateway.brand]
    words = _words(offer, site, gateway, base)
    files = tuple(_rendered(rendering, words, _secrets(site, gateway)))
    return (*files, _manifest(offer, site, gateway, files))


def _faults(offer: Offer, site: SiteSheet, gateway: GatewaySheet, base: Base) -> Iterator[Fault]:
    place = f"gateway {gateway.code}"
    rendering = offer.bundles.get(gateway.brand)
    if rendering is None:
        brands = ", ".join(sorted(offer.bundles))
        yield Fault(
            place, f"expected one of {brands}: {offer.code} has nothing for {gateway.brand}"
        )
    elif site.link not in rendering.links:
        links = " or ".join(sorted(rendering.links))
        yield Fault(f"site {site.code}", f"expected the link {links}, found {site.link}")
    if rendering is not None:
        yield from _variant_faults(rendering, gateway)
    if not site.public_ssids:
        yield Fault(f"site {site.code}", "expected a public network")
    if _shares_secret(gateway) and not gateway.portal_secret:
        yield Fault(place, "expected a portal_secret: apply the territory again")
    yield from fas_faults(gateway, _is_address(gateway.portal.hostname or ""))
    yield from _link_faults(site, gateway, base)


def _link_faults(site: SiteSheet, gateway: GatewaySheet, base: Base) -> Iterator[Fault]:
    if gateway.brand in _ASK_RADIUS:
        yield from _radius_faults(site, gateway, base)
    if gateway.brand is Brand.COOVACHILLI:
        for nas in gateway.nas:
            yield from _mac_form_faults(nas)
        yield from _quoting_faults(gateway)
    if _has_tunnel(site, gateway):
        yield from _tunnel_faults(base)
        if gateway.brand not in _ASK_RADIUS:
            yield from _reach_faults(base)
    yield from _outside_faults(site, gateway, base)


def _variant_faults(rendering: Rendering, gateway: GatewaySheet) -> Iterator[Fault]:
    rendered = rendering.variants or {usual_variant(gateway.brand): ()}
    if gateway.variant not in rendered:
        expected = f"expected the variant {' or '.join(rendered)}"
        yield Fault(f"gateway {gateway.code}", f"{expected}, no other is rendered: set it by hand")


def _shares_secret(gateway: GatewaySheet) -> bool:
    """Tell whether this brand and the portal share a secret, in any of its dialects."""
    return any(dialect.shares_secret for dialect in DIALECTS.get(gateway.brand, {}).values())


def _radius_faults(site: SiteSheet, gateway: GatewaySheet, base: Base) -> Iterator[Fault]:
    if len(gateway.nas) != 1:
        expected = f"expected one nas, found {len(gateway.nas)}: {gateway.brand} has one secret"
        yield Fault(f"gateway {gateway.code}", expected)
    if site.link is Link.RADSEC:
        if not base.radsec_name:
            expected = "expected the DNS name at which sites reach RADIUS over TLS"
            yield Fault("radius.radsec.reached_at", expected)
    else:
        yield from _reach_faults(base)


def _reach_faults(base: Base) -> Iterator[Fault]:
    if not base.radius_addresses:
        expected = "expected the address at which sites reach RADIUS through their link"
        yield Fault("radius.reached_at", expected)


def _mac_form_faults(nas: NasSheet) -> Iterator[Fault]:
    """CoovaChilli presents a device in one way (coova-chilli src/chilli.c, auth_radius)."""
    form = nas.mac_form
    if form.user_name not in {MacUserName.NONE, MacUserName.HYPHENS_UPPER}:
        expected = f"expected mac_user_name {MacUserName.HYPHENS_UPPER}: CoovaChilli has no other"
        yield Fault(f"nas {nas.code}", expected)
    if form.password is MacPassword.CALL_CHECK:
        expected = "expected mac_password user-name or given: CoovaChilli sends no Call-Check"
        yield Fault(f"nas {nas.code}", expected)


def _quoting_faults(gateway: GatewaySheet) -> Iterator[Fault]:
    values = {"portal_base": gateway.portal.geturl()}
    values |= {f"identifier of nas {nas.code}": nas.identifier for nas in gateway.nas}
    for name, text in values.items():
        if not chilli_can_hold(text):
            expected = f"expected {name} without double quote or backslash, found {text}"
            yield Fault(f"gateway {gateway.code}", expected)


def _tunnel_faults(base: Base) -> Iterator[Fault]:
    if not base.tunnel_endpoint:
        yield Fault("tunnel.endpoint", "expected host:port of the base's WireGuard")
    if not base.tunnel_public_key:
        yield Fault("tunnel.public_key", "expected the public key of the base's WireGuard")


def _outside_faults(site: SiteSheet, gateway: GatewaySheet, base: Base) -> Iterator[Fault]:
    """Where the base ends the tunnel, it reaches nothing outside the tunnel's network."""
    network = base.tunnel_network
    if site.tunnel is None or network is None:
        return
    for nas in gateway.nas:
        if nas.source_address is not None and ip_address(nas.source_address) not in network:
            expected = f"expected a source_address in tunnel.network {network}, or none"
            yield Fault(f"nas {nas.code}", f"{expected}: found {nas.source_address}")


def _words(offer: Offer, site: SiteSheet, gateway: GatewaySheet, base: Base) -> dict[str, Any]:
    """Return what the templates speak of."""
    endpoint_host, _, endpoint_port = (base.tunnel_endpoint or "").rpartition(":")
    return {
        "offer": offer,
        "system": offer.bundles[gateway.brand].system,
        "software": _software(offer, site, gateway),
        "site": site,
        "plan": site.plan,
        "gateway": gateway,
        "nas": gateway.nas[0] if gateway.nas else None,
        "presents_devices": site.plan["mac_authentication"] and _presents_devices(gateway),
        "mac_password": _mac_password(gateway),
        "base": base,
        "guests": gateway.guest_network(offer.guest_prefix_length),
        "has_tunnel": _has_tunnel(site, gateway),
        "tunnel": site.tunnel,
        "inside_address": _inside_address(site, gateway),
        "by_radsec": _by_radsec(site, gateway),
        "radsec_folder": f"/{RADSEC_FOLDER.relative_to('files')}",
        "endpoint_host": endpoint_host,
        "endpoint_port": endpoint_port,
        "networks": [(ssid, enhanced_ssid(ssid)) for ssid in site.public_ssids],
        "portal_url": gateway.portal.geturl(),
        "portal_host": gateway.portal.hostname,
        "portal_origin": f"{gateway.portal.scheme}://{gateway.portal.netloc}",
        "probes": PROBES,
        "portal_ports": sorted({HTTP_PORT, gateway.portal_port}),
        "open_hosts": site.open_hosts,
        "provider_documents": {each.own_host: each.document for each in site.providers},
        "portal_is_address": _is_address(gateway.portal.hostname or ""),
        "fas": fas_of(gateway),
        "poll_seconds": POLL_SECONDS,
        "shares_ports": site.port_blocks is not None and gateway.brand in _PORT_RULES,
        "ports_removal": port_rules.ROUTEROS_REMOVAL,
        "captive_api": captive_api(gateway),
    }


def _presents_devices(gateway: GatewaySheet) -> bool:
    return any(nas.mac_form.user_name is not MacUserName.NONE for nas in gateway.nas)


def _mac_password(gateway: GatewaySheet) -> str | None:
    """Return the one password shown for every device; None: the User-Name itself."""
    for nas in gateway.nas:
        match nas.mac_form.password:
            case MacPassword.GIVEN:
                return given_password(nas.shared_secret)
            case MacPassword.SHARED_SECRET:
                return nas.shared_secret
    return None


def _has_tunnel(site: SiteSheet, gateway: GatewaySheet) -> bool:
    """Tell whether the router ends the site's tunnel.

    The one whose NAS has the address inside; where no NAS has it, the first router without a NAS.
    """
    if site.link is not Link.TUNNEL:
        return False
    own = {nas.source_address for nas in gateway.nas}
    if own:
        return site.tunnel is None or site.tunnel.inside_address in own
    return site.tunnel is not None and gateway.code == _ends_without_nas(site, site.tunnel)


def _ends_without_nas(site: SiteSheet, tunnel: TunnelSheet) -> str | None:
    """Return the code of the gateway that ends a tunnel whose address no NAS has."""
    held = {nas.source_address for gateway in site.gateways for nas in gateway.nas}
    if tunnel.inside_address in held:
        return None
    return min((gateway.code for gateway in site.gateways if not gateway.nas), default=None)


def _inside_address(site: SiteSheet, gateway: GatewaySheet) -> str | None:
    if site.tunnel is not None:
        return site.tunnel.inside_address
    return gateway.nas[0].source_address if gateway.nas else None


def _by_radsec(site: SiteSheet, gateway: GatewaySheet) -> bool:
    """Tell whether the router has a proxy that carries RADIUS inside TLS."""
    return site.link is Link.RADSEC and bool(gateway.nas)


def _software(offer: Offer, site: SiteSheet, gateway: GatewaySheet) -> tuple[str, ...]:
    """Return the packages the router needs."""
    tunnel = offer.tunnel_software if _has_tunnel(site, gateway) else ()
    radsec = offer.radsec_software if _by_radsec(site, gateway) else ()
    rendering = offer.bundles[gateway.brand]
    of_variant = rendering.variants.get(gateway.variant, ())
    of_hosts = rendering.open_hosts_software if site.open_hosts else ()
    return (*rendering.software, *of_variant, *of_hosts, *tunnel, *radsec)


def captive_api(gateway: GatewaySheet) -> str:
    """Return the address CoovaChilli announces to phones (RFC 8910), its placeholders unfilled."""
    origin = f"{gateway.portal.scheme}://{gateway.portal.netloc}"
    return f"{origin}/captive-portal?nasid=%{{n}}&mac=%{{m}}"


def _is_address(host: str) -> bool:
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True


def enhanced_ssid(ssid: str) -> str:
    """Return the hidden name of an SSID's encrypted twin, at most 32 octets."""
    room = MAX_SSID_OCTETS - len(_ENHANCED_MARK)
    return ssid.encode()[:room].decode(errors="ignore") + _ENHANCED_MARK


def uci_text(text: object) -> str:
    """Return a value quoted for UCI, as `uci export` writes it.

    Raises:
        ConfigurationError: a control character, which no configuration line can hold.
    """
    words = str(text)
    if not words.isprintable():
        raise ConfigurationError([Fault("bundle", f"expected printable text, found {words!r}")])
    return "'" + words.replace("'", "'\\''") + "'"


def radsecproxy_text(text: object) -> str:
    """Return a value quoted for radsecproxy.conf, where % begins an octet in hexadecimal.

    Raises:
        ConfigurationError: a double quote or a control character.
    """
    words = str(text)
    if not words.isprintable() or '"' in words:
        raise ConfigurationError([Fault("bundle", f"expected no double quote, found {words!r}")])
    return f'"{_percent_doubled(words)}"'


def _as_written(secret: str) -> tuple[str, ...]:
    """Return a secret in each form in which a file may hold it."""
    return secret, _percent_doubled(secret), _routeros_escaped(secret)


def _percent_doubled(words: str) -> str:
    return words.replace("%", "%25")


def _routeros_escaped(words: str) -> str:
    return "".join(f"\\{each}" if each in '\\"$' else each for each in words)


def routeros_text(text: object) -> str:
    """Return a value quoted for a RouterOS script, where $ begins a variable.

    Raises:
        ConfigurationError: a control character.
    """
    words = str(text)
    if not words.isprintable():
        raise ConfigurationError([Fault("bundle", f"expected printable text, found {words!r}")])
    return f'"{_routeros_escaped(words)}"'


def chilli_can_hold(text: object) -> bool:
    """Tell whether a value survives the quotes that chilli's start script puts around it."""
    return not _CHILLI_CANNOT_QUOTE & set(str(text))


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - configuration files: uci and sh quote here
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "uci": uci_text,
        "sh": lambda text: shlex.quote(str(text)),
        "radsecproxy": radsecproxy_text,
        "routeros": routeros_text,
    }
    environment.tests["chilli_safe"] = chilli_can_hold
    return environment


def _rendered(
    rendering: Rendering, words: dict[str, Any], secrets: list[str]
) -> Iterator[BundleFile]:
    environment = _environment()
    names = (rendering.template, *([_RADSEC_TEMPLATE] if words["by_radsec"] else []))
    for folder in (_TEMPLATES / name for name in names):
        for template in sorted(folder.rglob(f"*{_SUFFIX}")):
            name = template.relative_to(_TEMPLATES).as_posix()
            path = PurePosixPath(template.relative_to(folder).as_posix().removesuffix(_SUFFIX))
            content = environment.get_template(name).render(words)
            yield BundleFile(path, content, _mode(path, content, secrets))
    if words["shares_ports"]:
        path, rules = _PORT_RULES[words["gateway"].brand]
        yield BundleFile(path, rules(words["site"].port_blocks), PUBLIC)


def _secrets(site: SiteSheet, gateway: GatewaySheet) -> list[str]:
    ends = (site.tunnel.private_key or "", site.tunnel.preshared_key) if site.tunnel else ()
    return [gateway.portal_secret, *(nas.shared_secret for nas in gateway.nas), *ends]


def _mode(path: PurePosixPath, content: str, secrets: list[str]) -> int:
    written = {form for secret in secrets if secret for form in _as_written(secret)}
    if any(form in content for form in written):
        return SECRET
    return PROGRAM if path.suffix == ".sh" else PUBLIC


def _manifest(
    offer: Offer, site: SiteSheet, gateway: GatewaySheet, files: tuple[BundleFile, ...]
) -> BundleFile:
    document = {
        "package": offer.code,
        "version": offer.version,
        "site": site.code,
        "gateway": gateway.code,
        "brand": gateway.brand,
        "system": offer.bundles[gateway.brand].system,
        "software": list(_software(offer, site, gateway)),
        "files": {
            str(file.path): {"mode": f"{file.mode:04o}", "sha256": file.sha256} for file in files
        },
    }
    content = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return BundleFile(PurePosixPath("manifest.json"), content, PUBLIC)
