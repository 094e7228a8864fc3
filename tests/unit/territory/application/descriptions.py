"""Descriptions of a territory, in parts that a test puts together, and what is made of them."""

import textwrap
from pathlib import Path

import pytest

from territory.application.agreement import Known
from territory.application.description import read_description
from territory.communes.national_list import national_list
from territory.errors import ConfigurationError, Fault
from territory.model import TerritoryFile

KNOWN = Known(communes=national_list(), packages=frozenset({"town-hall"}))
EXAMPLE = Path("docs/examples/territory.yaml").read_bytes()

HEAD = """\
territory: {departement: 55}
organisations:
  - {code: bar, name: Bar, kind: commune, contact: a@b.example}
plans:
  - {code: libre, name: Libre, session: 4h}
"""
SITE = """\
sites:
  - code: mairie
    name: Mairie
    organisation: bar
    commune: {insee: 55029}
    place_type: mairie
    link: tunnel
    plan: libre
    networks: [{ssid: Wifi}]
"""
GATEWAY = """\
    gateways:
      - {code: gw, brand: coovachilli, login_address: '10.1.0.1:3990', nas: [
          {code: n1, source_address: 10.55.0.1}]}
"""


def read(text: str) -> TerritoryFile:
    """Read a description against the real list of communes."""
    return read_description(textwrap.dedent(text).encode(), KNOWN)


def faults(text: str | bytes) -> list[Fault]:
    """Return the faults of a description that must have some."""
    source = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ConfigurationError) as refused:
        read_description(source, KNOWN)
    return list(refused.value.faults)


def told(text: str) -> list[tuple[int | None, str]]:
    """Return the faults of a description as (line, place)."""
    return [(fault.line, fault.key) for fault in faults(text)]
