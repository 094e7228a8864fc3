"""Which controller serves which dialect, and how one is opened."""

from collections.abc import Callable, Mapping

from portal.controllers.port import Controller, ControllerRecord

CONTROLLERS: Mapping[tuple[str, str], Callable[[ControllerRecord], Controller]] = {}
"""By brand and variant: what opens one; it connects when it is first asked."""
