"""Which controller serves which dialect, and how one is opened.

One controller is kept for each record, with the session it may have opened: some refuse an account
that logs in at every guest. Nothing is connected before it is asked, nor after it has answered.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

from portal.controllers.omada import OmadaController
from portal.controllers.port import Controller, Opener
from portal.controllers.smartzone import SmartZone, ruckus_one
from portal.controllers.unifi import UnifiOfficial
from portal.controllers.unifi_legacy import UnifiLegacy
from territory.controllers.record import ControllerRecord

MOST_KEPT = 4096
"""Of each make."""

CONTROLLERS: Mapping[tuple[str, str], Callable[[ControllerRecord], Controller]] = {
    ("unifi", "official"): lru_cache(MOST_KEPT)(UnifiOfficial),
    ("unifi", "legacy"): lru_cache(MOST_KEPT)(UnifiLegacy),
    ("omada", "controller"): lru_cache(MOST_KEPT)(OmadaController),
    ("smartzone", "smartzone"): SmartZone,
    ("smartzone", "ruckus-one"): ruckus_one,
}
"""By brand and variant: what opens one; it connects when it is first asked."""

OPENERS: Mapping[tuple[str, str], Callable[[ControllerRecord], Opener]] = {
    ("smartzone", "smartzone"): SmartZone,
    ("smartzone", "ruckus-one"): ruckus_one,
}
"""Those whose redirects may name a device encrypted."""
