"""The doctor looks for the tunnel's key before a site fails to connect."""

from pathlib import Path

from socle.commands.findings import Finding
from socle.commands.tunnel_findings import of_tunnel
from territory.settings import Settings
from territory.settings.radius import TunnelSettings
from territory.wireguard.keys import new_pair


def findings(file: Path | None, public_key: str | None = None) -> list[Finding]:
    """Return what is said of a tunnel whose key is said to be in a file."""
    tunnel = TunnelSettings(private_key_file=file, public_key=public_key)
    return list(of_tunnel(Settings(tunnel=tunnel)))


def test_a_base_without_tunnels_has_none() -> None:
    """Nothing is looked at."""
    assert findings(None) == []


def test_a_key_that_is_not_there_or_not_theirs_is_told(tmp_path: Path) -> None:
    """What is missing, and what makes it; which public key belongs to the file."""
    pair, file = new_pair(), tmp_path / "hub.key"
    (missing,) = findings(file)
    file.write_text(pair.private)
    (other,) = findings(file, new_pair().public)
    (well,) = findings(file, pair.public)
    assert missing.stops
    assert "socle link prepare" in missing.says
    assert (other.stops, other.about) == (True, "tunnel.public_key")
    assert pair.public in other.says
    assert well.well
