"""Starting: what is wrong is said with the setting's name."""

import pytest

from radius.exchange import ACCESS, ACCOUNTING
from radius.server import Server
from territory.clock import Clock
from territory.errors import ConfigurationError
from territory.keyring import Keyring
from territory.settings import DatabaseSettings, MetricsSettings, Settings
from territory.settings.radius import RadiusSettings
from tests.integration.radius.conftest import Lab


@pytest.mark.parametrize("setting", ["authentication_port", "accounting_port"])
async def test_a_port_that_is_taken_is_named(lab: Lab, setting: str) -> None:
    """Two servers on one port: the second does not start, and holds nothing afterwards."""
    ports = {"authentication_port": ACCESS, "accounting_port": ACCOUNTING}
    taken = dict.fromkeys(ports, 0) | {setting: lab.server.port(ports[setting])}
    settings = Settings(
        database=DatabaseSettings(url=lab.owner_url),
        radius=RadiusSettings(host="127.0.0.1", **taken),
        metrics=MetricsSettings(radius_port=0),
    )
    second = Server(settings, lab.keyring, lab.clock)
    with pytest.raises(ConfigurationError, match=f"radius.{setting}"):
        async with second.running():
            pass


def test_without_a_database_there_is_no_server(keyring: Keyring, clock: Clock) -> None:
    """`socle serve` gives each component its database's address."""
    with pytest.raises(ConfigurationError, match=r"database\.url"):
        Server(Settings(), keyring, clock)
