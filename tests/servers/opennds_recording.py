"""What Debian's openNDS wrote, recorded in tests/data/portal/opennds-9.10.txt."""

from tests.servers.recordings import DATA

FASKEY = "faskey-of-the-lab-0123456789"


def recorded() -> dict[str, str]:
    """Return each recorded thing by its name."""
    text = (DATA / "portal/opennds-9.10.txt").read_text()
    lines = (line.partition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: told for name, _, told in lines}
