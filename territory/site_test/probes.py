"""What each system asks on a new network, and what it expects of the open Internet. Pure data.

A system that gets the expected answer believes that it is online; one that gets another answer, a
redirect above all, shows the log-in page; one that gets none says "no Internet" and shows nothing.
So before the log-in none of these may be let through, and each must be redirected. All are asked
in clear: a gateway can redirect nothing else.

Sources: Apple "Use Apple products on enterprise networks" (captive.apple.com); Android's
NetworkMonitor (CAPTIVE_PORTAL_HTTP_URL, CAPTIVE_PORTAL_FALLBACK_URL); Microsoft "An Internet
Explorer or Edge window opens when your computer connects" (NCSI); Mozilla's preference
captivedetect.canonicalURL; NetworkManager's connectivity check as Debian, Ubuntu and Fedora set it.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Probe:
    """One address that a system asks."""

    code: str
    """Short and unique; the script's report names it so."""
    system: str
    """Whose, in words."""
    url: str
    """What is asked."""
    status: int
    """What the open Internet answers..."""
    body: str = ""
    """... and what its body holds; empty: nothing need be there."""


PROBES: Final = (
    Probe(
        "apple",
        "iPhone, iPad et Mac",
        "http://captive.apple.com/hotspot-detect.html",
        200,
        "Success",
    ),
    Probe("android", "Android", "http://connectivitycheck.gstatic.com/generate_204", 204),
    Probe("android-2", "Android, autre adresse", "http://www.google.com/gen_204", 204),
    Probe(
        "windows",
        "Windows",
        "http://www.msftconnecttest.com/connecttest.txt",
        200,
        "Microsoft Connect Test",
    ),
    Probe(
        "firefox",
        "Firefox",
        "http://detectportal.firefox.com/canonical.html",
        200,
        "support.mozilla.org",
    ),
    Probe(
        "gnome",
        "Linux (GNOME)",
        "http://nmcheck.gnome.org/check_network_status.txt",
        200,
        "NetworkManager is online",
    ),
    Probe("ubuntu", "Ubuntu", "http://connectivity-check.ubuntu.com/", 204),
)
BY_CODE: Final = {probe.code: probe for probe in PROBES}
