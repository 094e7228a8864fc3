"""What Debian's openNDS wrote, recorded in tests/data/portal: 9.10 at levels 2 and 3, 10.3 at 4."""

from tests.servers.recordings import DATA

FASKEY = "faskey-of-the-lab-0123456789"


def recorded(release: str = "9.10") -> dict[str, str]:
    """Return each recorded thing of a release by its name."""
    text = (DATA / f"portal/opennds-{release}.txt").read_text()
    lines = (line.partition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: told for name, _, told in lines}
