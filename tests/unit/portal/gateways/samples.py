"""One good redirect of each dialect, taken apart, for the table of bad ones beside it.

To add a dialect: a `Sample` in SAMPLES, with the parameters of a recorded or documented redirect
as they stand on the wire.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from portal.gateways import coovachilli
from portal.gateways.vocabulary import Registration
from territory.identifiers import MacAddress
from territory.rules.central_login import Presented, sign_presented

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


_OPENNDS = (
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
)


def _enciphered(pairs: Pairs) -> bytes:
    """As PHP writes it: base64 within base64, the vector as text."""
    text = ", ".join(f"{name}={value}" for name, value in pairs).encode()
    padder = PKCS7(128).padder()
    cipher = Cipher(AES(b"faskey".ljust(32, b"\0")), CBC(b"a22fe8a10eb305f3")).encryptor()
    octets = cipher.update(padder.update(text) + padder.finalize()) + cipher.finalize()
    inner = base64.b64encode(octets)
    return b"fas=" + base64.b64encode(inner) + b"&iv=a22fe8a10eb305f3"


def _login_first(pairs: Pairs) -> bytes:
    """FortiGate's first parameter has no value, and no `=`."""
    return plain(pairs).replace(b"login=&", b"login&", 1)


_CENTRAL_KEY = "00112233445566778899aabbccddeeff"
_PRESENTED = Presented(
    MacAddress.parse(PHONE), UUID(int=1), datetime(2026, 11, 20, 15, tzinfo=UTC), "1E0AA8C00000"
)

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
    *(
        Sample(
            "opennds",
            variant,
            Registration("192.168.8.1:2050", f"{BASE}/opennds", "faskey", variant=variant),
            _OPENNDS,
            needed=frozenset({"hid", "clientmac", "gatewayaddress"}),
            hosts=frozenset({"gatewayaddress"}),
            build=build,
        )
        for variant, build in (
            ("fas1", _listed),
            ("fas2", _enciphered),
            ("fas3", _enciphered),
            ("fas4", _listed),
        )
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
    Sample(
        "aruba",
        "instant",
        Registration("securelogin.arubanetworks.com", f"{BASE}/aruba", None, variant="instant"),
        (
            ("cmd", "login"),
            ("mac", "9c:2e:a1:35:c0:d5"),
            ("essid", "affinect"),
            ("ip", "172.31.98.220"),
            ("apname", "b4%3A5d%3A50%3Aca%3A81%3Aea"),
            ("apmac", "b4%3A5d%3A50%3Aca%3A81%3Aea"),
            ("vcname", "SetMeUp-CA%3A81%3AEA"),
            ("switchip", "securelogin.arubanetworks.com"),
            ("url", "http%3A%2F%2Fconnect.rom.miui.com%2Fgenerate_204"),
        ),
        needed=frozenset({"cmd", "mac"}),
        hosts=frozenset({"switchip"}),
        kept=frozenset({"essid"}),
    ),
    Sample(
        "aruba",
        "controller",
        Registration("10.20.0.1", f"{BASE}/aruba", None, variant="controller"),
        (
            ("cmd", "login"),
            ("mac", "00:1f:3c:8a:22:01"),
            ("essid", "Mairie"),
            ("ip", "10.20.0.31"),
            ("switchip", "10.20.0.1"),
            ("url", "http%3A%2F%2Fexample.org%2F"),
        ),
        needed=frozenset({"cmd", "mac"}),
        hosts=frozenset({"switchip"}),
        kept=frozenset({"essid"}),
    ),
    Sample(
        "aruba",
        "instant-on",
        Registration("captive-2020.aio.cloudauth.net", f"{BASE}/aruba", None, variant="instant-on"),
        (
            ("cmd", "login"),
            ("mac", "f2%3A62%3Ae7%3A99%3A63%3Ac6"),
            ("network", "wifi.ten"),
            ("ip", "172.16.0.221"),
            ("apmac", "d0%3A15%3Aa6%3Ac2%3A74%3Ad0"),
            ("site", "wifi-ten%20Site"),
            ("post", "captive-2020.aio.cloudauth.net"),
            ("url", "http%3A%2F%2Fconnectivitycheck.gstatic.com%2Fgenerate_204"),
        ),
        needed=frozenset({"cmd", "mac"}),
        hosts=frozenset({"post"}),
        kept=frozenset({"network"}),
    ),
    Sample(
        "ruckus",
        "",
        Registration("192.168.0.253", f"{BASE}/ruckus", None),
        (
            ("sip", "192.168.0.253"),
            ("mac", "b479c83c4b20"),
            ("client_mac", "5edec34d503d"),
            ("uip", "192.168.1.106"),
            ("lid", ""),
            ("dn", ""),
            ("url", "http%3a%2f%2fcaptive.apple.com%2fhotspot%2ddetect.html"),
            ("ssid", "Captive+Ruckus+Test"),
            ("loc", ""),
            ("vlan", "1"),
        ),
        needed=frozenset({"sip", "client_mac"}),
        hosts=frozenset({"sip"}),
    ),
    Sample(
        "fortinet",
        "",
        Registration("172.172.172.1:1000", f"{BASE}/fortinet", None),
        (
            ("login", ""),
            ("post", "http://172.172.172.1:1000/fgtauth"),
            ("magic", "050e078a95ae1754"),
            ("usermac", "fc:3f:db:a6:4a:ff"),
            ("apmac", "70:4c:a5:ab:85:95"),
            ("apip", "172.172.172.1"),
            ("userip", "172.172.172.2"),
            ("ssid", "Test"),
            ("apname", "FG800D5818800451"),
            ("bssid", "00:00:00:00:00:00"),
        ),
        needed=frozenset({"post", "magic", "usermac"}),
        hosts=frozenset({"post"}),
        build=_login_first,
    ),
    Sample(
        "cisco",
        "lwa",
        Registration("192.0.2.1", f"{BASE}/cisco", None, variant="lwa"),
        (
            ("switch_url", "https://192.0.2.1/login.html"),
            ("ap_mac", "00:1e:bd:9a:f5:80"),
            ("client_mac", "8a:56:7e:f9:10:e4"),
            ("wlan", "WiFi-Mairie"),
            ("redirect", "www.example.org/"),
        ),
        needed=frozenset({"switch_url", "client_mac"}),
        hosts=frozenset({"switch_url"}),
    ),
    Sample(
        "cisco",
        "cwa",
        Registration("192.0.2.1", f"{BASE}/cisco", _CENTRAL_KEY, "wlc-mairie", "cwa"),
        (
            ("cwa", sign_presented(_PRESENTED, "wlc-mairie", _CENTRAL_KEY)),
            ("redirect", "http://www.example.org/"),
        ),
        needed=frozenset({"cwa"}),
    ),
    Sample(
        "meraki",
        "sign-on",
        Registration("n143.network-auth.com", f"{BASE}/meraki", None, variant="sign-on"),
        (
            ("login_url", "https://n143.network-auth.com/splash/login%3Fmauth%3DMMuvxAqa3xTG"),
            ("continue_url", "http%3A%2F%2Fexample.org%2F"),
            ("ap_mac", "00%3A18%3A0a%3A13%3Add%3Ab0"),
            ("ap_name", "Accueil"),
            ("ap_tags", "mairie"),
            ("client_mac", "8a%3A56%3A7e%3Af9%3A10%3Ae4"),
            ("client_ip", "10.162.50.40"),
        ),
        needed=frozenset({"login_url", "client_mac"}),
        hosts=frozenset({"login_url"}),
    ),
    Sample(
        "meraki",
        "click-through",
        Registration("n143.network-auth.com", f"{BASE}/meraki", None, variant="click-through"),
        (
            ("base_grant_url", "https://n143.network-auth.com/splash/grant"),
            ("user_continue_url", "http%3A%2F%2Fexample.org%2F"),
            ("node_id", "149624921787028"),
            ("node_mac", "88%3A15%3A44%3A50%3A0a%3A94"),
            ("gateway_id", "149624921787028"),
            ("client_ip", "10.110.154.195"),
            ("client_mac", "8a%3A56%3A7e%3Af9%3A10%3Ae4"),
        ),
        needed=frozenset({"base_grant_url", "client_mac"}),
        hosts=frozenset({"base_grant_url"}),
    ),
    *(
        Sample(
            "unifi",
            variant,
            Registration(
                "10.60.0.1", f"{BASE}/unifi", None, radios=frozenset({"94:2a:6f:d0:30:57"})
            ),
            (
                ("ap", "94:2a:6f:d0:30:57"),
                ("id", "1c:71:25:63:e4:24"),
                ("t", "1742398732"),
                ("url", "http://www.msftconnecttest.com%2Fredirect"),
                ("ssid", "WiFi-Mairie"),
            ),
            needed=frozenset({"ap", "id", "t"}),
            time="t",
            told_at=datetime(2025, 3, 19, 15, 38, 52, tzinfo=UTC),
        )
        for variant in ("official", "legacy")
    ),
    Sample(
        "omada",
        "radius",
        Registration("10.70.0.2:8843", f"{BASE}/omada", None),
        (
            ("target", "10.70.0.2"),
            ("targetPort", "8843"),
            ("scheme", "https"),
            ("clientMac", "AA-BB-CC-DD-EE-20"),
            ("clientIp", "10.70.0.31"),
            ("raidusServerIp", "10.9.0.1"),
            ("apMac", "B8-FB-B3-5D-64-3E"),
            ("gatewayMac", ""),
            ("ssidName", "WiFi-Mairie"),
            ("vid", "20"),
            ("radioId", "1"),
            ("originUrl", "http%3A%2F%2Fneverssl.com%2F"),
        ),
        needed=frozenset({"target", "scheme", "clientMac", "apMac"}),
        hosts=frozenset({"target"}),
        kept=frozenset({"ssidName"}),
    ),
    Sample(
        "omada",
        "controller",
        Registration("10.70.0.2", f"{BASE}/omada", None),
        (
            ("clientMac", "AA-BB-CC-DD-EE-20"),
            ("clientIp", "10.70.0.31"),
            ("apMac", "B8-FB-B3-5D-64-3E"),
            ("ssidName", "WiFi-Mairie"),
            ("t", "1742398732"),
            ("radioId", "1"),
            ("site", "64a1f0c2"),
            ("redirectUrl", "http%3A%2F%2Fneverssl.com%2F"),
        ),
        needed=frozenset({"clientMac", "apMac", "t"}),
        time="t",
        told_at=datetime(2025, 3, 19, 15, 38, 52, tzinfo=UTC),
    ),
    *(
        Sample(
            "smartzone",
            variant,
            Registration("10.80.0.1", f"{BASE}/smartzone", None),
            (
                ("nbiIP", "203.0.113.66"),
                ("client_mac", "5edec34d503d"),
                ("reason", "Un-Auth-Captive"),
                ("wlanName", "WiFi-Mairie"),
                ("dn", "scg.ruckuswireless.com"),
                ("ssid", "WiFi-Mairie"),
                ("mac", "58b633000001"),
                ("url", "http%3A%2F%2Fexample.org%2F"),
                ("proxy", "0"),
                ("vlan", "1"),
                ("wlan", "3"),
                ("sip", "203.0.113.66"),
                ("zoneName", "Mairies"),
                ("uip", "10.80.0.31"),
                ("StartURL", ""),
            ),
            needed=frozenset({"client_mac", "mac"}),
        )
        for variant in ("smartzone", "ruckus-one")
    ),
    *(
        Sample(
            "generic",
            variant,
            Registration("10.90.0.1:8000", f"{BASE}/generic/gw", None, variant=variant),
            parameters,
            needed=needed,
            hosts=hosts,
            kept=frozenset({"mauth"}) | hosts,
        )
        for variant, parameters, needed, hosts in (
            (
                "zyxel",
                (
                    ("apmac", "00%3A11%3A22%3A33%3A44%3A55"),
                    ("usermac", PHONE),
                    ("apip", "10.90.0.1"),
                    ("userip", "10.90.0.31"),
                    ("ssid_name", "WiFi-Mairie"),
                    ("apurl", "http%3A%2F%2F10.90.0.1%3A8000%2Fagree"),
                ),
                frozenset({"usermac", "apurl"}),
                frozenset({"apurl"}),
            ),
            (
                "grandstream",
                (
                    ("login_url", "http%3A%2F%2F10.90.0.1%3A8000%2Flogin"),
                    ("ap_mac", "00%3A11%3A22%3A33%3A44%3A55"),
                    ("client_mac", PHONE),
                    ("ssid", "WiFi-Mairie"),
                    ("orig_url", "http%3A%2F%2Fexample.org%2F"),
                ),
                frozenset({"login_url", "client_mac"}),
                frozenset({"login_url"}),
            ),
            (
                "draytek",
                (
                    ("apmac", "001122334455"),
                    ("client_mac", "8a567ef910e4"),
                    ("loginurl", "http%3A%2F%2F10.90.0.1%3A8000%2Fportal%2Flogin"),
                    ("target", "http%3A%2F%2Fexample.org%2F"),
                ),
                frozenset({"client_mac", "loginurl"}),
                frozenset({"loginurl"}),
            ),
            (
                "dlink",
                (
                    ("login_url", "http%3A%2F%2F10.90.0.1%3A8000%2Flogin"),
                    ("continue_url", "http%3A%2F%2Fexample.org%2F"),
                    ("ap_mac", "00%3A11%3A22%3A33%3A44%3A55"),
                    ("ap_name", "accueil"),
                    ("ap_tags", ""),
                    ("mauth", "MMLjK2x%2F%2B%3D"),
                    ("ip", "10.90.0.31"),
                    ("mac", PHONE),
                    ("logout_url", "http%3A%2F%2F10.90.0.1%3A8000%2Flogout"),
                ),
                frozenset({"login_url", "mac"}),
                frozenset({"login_url"}),
            ),
            (
                "alcatel-stellar",
                (
                    ("clientmac", PHONE),
                    ("clientip", "10.90.0.31"),
                    ("ssid", "WiFi-Mairie"),
                    ("switchmac", "00%3A11%3A22%3A33%3A44%3A55"),
                    ("switchip", "10.90.0.1"),
                    ("url", "http%3A%2F%2Fexample.org%2F"),
                ),
                frozenset({"clientmac", "switchip"}),
                frozenset({"switchip"}),
            ),
            (
                "huawei",
                (
                    ("userip", "10.90.0.31"),
                    ("usermac", PHONE),
                    ("url", "http%3A%2F%2F10.90.0.1%3A8000%2Flogin"),
                ),
                frozenset({"usermac", "url"}),
                frozenset({"url"}),
            ),
        )
    ),
)
"""Each dialect that is read, once."""
