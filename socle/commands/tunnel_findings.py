"""What `socle doctor` finds of the tunnel that ends on this machine: a key, the one sites know."""

from collections.abc import Iterator

from socle.commands.findings import Finding
from supervision.tunnel import read_private_key
from territory.errors import ConfigurationError
from territory.settings import Settings


def of_tunnel(settings: Settings) -> Iterator[Finding]:
    """Yield what was looked at; nothing where no tunnel ends here."""
    if settings.tunnel.private_key_file is None:
        return
    try:
        read_private_key(settings.tunnel)
    except ConfigurationError as fault:
        yield from (Finding(each.key, False, each.expected) for each in fault.faults)
    else:
        yield Finding("tunnel", True, f"its key is in {settings.tunnel.private_key_file}")
