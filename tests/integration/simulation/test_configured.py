"""The simulated sites are those that are configured, and never a real one."""

from simulation.configured import is_loopback, load_sites
from territory.database.connect import open_engine
from territory.keyring import Keyring
from territory.settings import Settings
from territory.settings.portal import PortalSettings
from territory.settings.radius import RadiusSettings
from tests.servers.territory import PORTAL_SECRET, SHARED_SECRET, SitePlan, lay


async def test_configured_sites_become_gateways(database_url: str, keyring: Keyring) -> None:
    """Secrets, addresses and ports are those of the record; a gateway elsewhere is left out."""
    base = "http://127.0.0.2:8080/gateway/coovachilli"
    here = SitePlan("mairie", "coovachilli", "127.10.1.1:3991", base, "127.10.1.1", coa_port=3800)
    there = SitePlan("real", "coovachilli", "10.1.0.1:3990", base, "10.64.0.1")
    await lay(database_url, keyring, [here, there])
    settings = Settings(
        portal=PortalSettings(public_url="http://127.0.0.2:8080"),
        radius=RadiusSettings(host="0.0.0.0", authentication_port=1814),
    )
    engine = open_engine(database_url)
    try:
        sites = await load_sites(engine, keyring, settings, phones=3)
    finally:
        await engine.dispose()
    assert [site.phones for site in sites] == [3]
    gateway = sites[0].gateway
    assert (gateway.nasid, gateway.address, gateway.login_port) == ("mairie", "127.10.1.1", 3991)
    assert (gateway.portal, gateway.portal_secret) == (base, PORTAL_SECRET)
    assert (gateway.coaport, gateway.macauth) == (3800, False)
    assert gateway.radius is not None
    assert gateway.radius.shared_secret == SHARED_SECRET
    assert (gateway.radius.host, gateway.radius.authentication_port) == ("127.0.0.1", 1814)


def test_only_this_machine_is_simulated() -> None:
    """A name or an address elsewhere may be a real gateway."""
    assert is_loopback("127.10.1.1:3990")
    assert is_loopback("127.10.1.1")
    assert not is_loopback("10.1.0.1:3990")
    assert not is_loopback("uam.example:3990")
    assert not is_loopback("")
