"""Loopback addresses that no other test of the run uses."""

import itertools
import os

_numbers = itertools.count(1)


def gateway_address() -> str:
    """Return an address of 127.0.0.0/8 for one gateway; its phones live beside it."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    number = next(_numbers)
    return f"127.{20 + int(worker)}.{number % 250 + 1}.1"
