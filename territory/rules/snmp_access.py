"""Whether the keys of an `snmp:` go together, and whether it may leave a site's link. Pure.

Reads a mapping as it was typed, so that a fault in one key hides no other. SNMPv2c says its
community in clear, and SNMPv3 without privacy all that it reads: both stay on inside addresses.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from territory.vocabulary import SnmpVersion

_NEEDED: Final = {SnmpVersion.V2C: "community", SnmpVersion.V3: "user"}
_OF_V3: Final = ("user", "auth", "auth_secret", "priv", "priv_secret")
_REFUSED: Final = {
    SnmpVersion.NONE: ("community", *_OF_V3),
    SnmpVersion.V2C: _OF_V3,
    SnmpVersion.V3: ("community",),
}
_TOGETHER: Final = (
    ("auth", "auth_secret"),
    ("auth_secret", "auth"),
    ("priv", "priv_secret"),
    ("priv_secret", "priv"),
    ("priv", "auth"),
)
"""Who has the first needs the second (RFC 3414 §1.4: no privacy without authentication)."""


def snmp_faults(access: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give each key that is missing or too much, and what was expected there."""
    try:
        version = SnmpVersion(access.get("version", ""))
    except ValueError:
        return
    needed = _NEEDED.get(version)
    if needed and access.get(needed) is None:
        yield needed, f"expected, and missing: version {version} has a {needed}"
    for name in _REFUSED[version]:
        if access.get(name) is not None:
            yield name, f"expected none, since version is {version}"
    if version is SnmpVersion.V3:
        for first, second in _TOGETHER:
            if access.get(first) is not None and access.get(second) is None:
                yield second, f"expected, and missing: {first} goes with it"


def in_clear(access: Mapping[str, Any]) -> bool:
    """Tell whether somebody on the way could read what is asked and answered."""
    match access.get("version"):
        case SnmpVersion.V2C:
            return True
        case SnmpVersion.V3:
            return access.get("priv") is None
    return False
