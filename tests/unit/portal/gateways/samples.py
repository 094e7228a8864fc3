"""One good redirect of each dialect, taken apart, for the table of bad ones beside it.

To add a dialect: a `Sample` in SAMPLES, with the parameters of a recorded or documented redirect
as they stand on the wire.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.gateways import coovachilli
from portal.gateways.vocabulary import Registration

Pairs = Sequence[tuple[str, str]]
BASE = "https://portal.example/gateway"
PHONE = "8A-56-7E-F9-10-E4"


def plain(pairs: Pairs) -> bytes:
    """Return the query that most gateways make of their parameters."""
    return "&".join(f"{name}={value}" for name, value in pairs).encode()


@dataclass(frozen=True, slots=True)
class Sample:
    """A redirect that is good for `own`."""

    brand: str
    variant: str
    own: Registration
    parameters: Pairs
    """As on the wire, in order."""
    needed: frozenset[str]
    """Without any of these it is refused."""
    hosts: frozenset[str] = frozenset()
    """Those that name where a guest is sent back: a foreign one is refused."""
    kept: frozenset[str] = frozenset()
    """Those that the hand-back repeats, escaped or cut as the dialect needs."""
    time: str = ""
    """The one that says when it was made; empty: none does."""
    told_at: datetime | None = None
    """What that one says."""
    build: Callable[[Pairs], bytes] = plain
    """Makes the query of the parameters: signs or wraps it."""

    @property
    def query(self) -> bytes:
        """The good redirect itself."""
        return self.build(self.parameters)

    def __str__(self) -> str:
        return f"{self.brand}-{self.variant}".rstrip("-")


CHILLI = Registration("10.1.0.1:3990", f"{BASE}/coovachilli", "uamkey")
_UAM = (
    ("res", "notyet"),
    ("uamip", "10.1.0.1"),
    ("uamport", "3990"),
    ("challenge", "5273e9887a53b7eaa77cc18dba1fb92d"),
    ("called", "02-00-00-00-00-10"),
    ("mac", PHONE),
    ("ip", "10.1.0.2"),
    ("ssid", "WiFi-Mairie"),
    ("nasid", "gw-mairie"),
    ("sessionid", "179529824400000001"),
    ("userurl", "http%3a%2f%2fexample.org%2f"),
)


def _signed(pairs: Pairs) -> bytes:
    query = plain(pairs)
    return query + b"&md=" + coovachilli.sign(BASE.encode() + b"/coovachilli?" + query, "uamkey")


def _listed(pairs: Pairs) -> bytes:
    text = ", ".join(f"{name}={value}" for name, value in pairs)
    return b"fas=" + base64.b64encode(text.encode())


SAMPLES = (
    Sample(
        "coovachilli",
        "",
        CHILLI,
        _UAM,
        needed=frozenset({"res", "mac"}),
        hosts=frozenset({"uamip"}),
        kept=frozenset({"userurl", "challenge"}),
        build=_signed,
    ),
    Sample(
        "uspot",
        "",
        CHILLI,
        _UAM,
        needed=frozenset({"res", "mac"}),
        hosts=frozenset({"uamip"}),
        kept=frozenset({"userurl", "challenge"}),
        build=_signed,
    ),
    Sample(
        "opennds",
        "fas1",
        Registration("192.168.8.1:2050", f"{BASE}/opennds", "faskey", variant="fas1"),
        (
            ("hid", "7dcf407fa84a0e0519c7991154c4148de0244d7589020c0d9842db9efad82094"),
            ("clientip", "192.168.8.77"),
            ("clientmac", "8a:56:7e:f9:10:e4"),
            ("client_type", "cpd_can"),
            ("gatewayname", "bibliotheque-commercy"),
            ("gatewayurl", "http%3a%2f%2fstatus.client"),
            ("version", "9.10.0"),
            ("gatewayaddress", "192.168.8.1:2050"),
            ("gatewaymac", "020000000020"),
            ("originurl", "http%3a%2f%2fexample.org%2f"),
            ("clientif", "br-lan"),
            ("themespec", "(null)"),
        ),
        needed=frozenset({"hid", "clientmac", "gatewayaddress"}),
        hosts=frozenset({"gatewayaddress"}),
        build=_listed,
    ),
    Sample(
        "mikrotik",
        "",
        Registration("10.5.50.1", f"{BASE}/mikrotik", None),
        (
            ("nasid", "gw-camping"),
            ("mac", "8A%3A56%3A7E%3AF9%3A10%3AE4"),
            ("link-login-only", "http://10.5.50.1/login"),
            ("chap-id", r"\371"),
            (
                "chap-challenge",
                r"\357\015\330\013\021\234\145\245\303\253\142\246\133\175\375\316",
            ),
        ),
        needed=frozenset({"mac", "chap-challenge"}),
        hosts=frozenset({"link-login-only"}),
    ),
    Sample(
        "cambium",
        "",
        Registration("10.30.0.1", f"{BASE}/cambium", None, access_points=frozenset({"10.30.0.11"})),
        (
            ("ga_ssid", "WiFi-Mairie"),
            ("ga_ap_mac", "58-C1-7A-00-00-0B"),
            ("ga_nas_id", "gw-salle"),
            ("ga_srvr", "10.30.0.11"),
            ("ga_cmac", PHONE),
            ("ga_Qv", "eUROBR86HBgAGDEEVgQAGw4UWRUCACYVMgFPRV1TSl5%5C%2F"),
            ("ga_orig_url", "http%3A%2F%2Fexample.org%2F"),
        ),
        needed=frozenset({"ga_srvr", "ga_cmac", "ga_Qv"}),
        hosts=frozenset({"ga_srvr"}),
        kept=frozenset(
            {"ga_ssid", "ga_ap_mac", "ga_nas_id", "ga_srvr", "ga_cmac", "ga_Qv", "ga_orig_url"}
        ),
    ),
)
"""Each dialect that is read, once."""
