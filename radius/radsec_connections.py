"""Which sites are connected by RadSec, and the way to a NAS down its own connection.

`RadsecConnections` is how a Disconnect- or CoA-Request goes to a NAS that has no address: down the
connection it keeps open, the one that was heard last. Its `open_wire` is a way of
`radius.coa_lines`; each request is sent once, sealed with the secret `radsec`, and its answer is
verified. A NAS that is not connected to this process has no way here.
"""

from uuid import UUID

from radius.nas import Nas
from radius.protocol.authenticators import SharedSecret
from radius.radsec_connection import Answered, Connection


class RadsecConnections:
    """Who is connected to this process."""

    def __init__(self) -> None:
        self._of_nas: dict[UUID, list[Connection]] = {}
        self._all: dict[Connection, UUID] = {}

    def __len__(self) -> int:
        return len(self._all)

    def connection_of(self, nas_id: UUID) -> Connection | None:
        """Return the connection of a NAS that was heard last."""
        return max(self._of_nas.get(nas_id, ()), key=lambda each: each.heard_at, default=None)

    async def open_wire(self, nas: Nas, receive: Answered) -> "RadsecWire | None":
        """Return the way to a NAS that comes by RadSec, None for any other.

        Raises:
            OSError: it is not connected.
        """
        if nas.tls_name is None:
            return None
        wire = RadsecWire(self, nas.id, receive)
        wire.check()
        return wire

    def all(self) -> list[Connection]:
        """Return every connection."""
        return list(self._all)

    def of(self, nas_id: UUID) -> list[Connection]:
        """Return every connection of a NAS, the longest silent first."""
        return sorted(self._of_nas.get(nas_id, ()), key=lambda each: each.heard_at)

    def add(self, nas_id: UUID, connection: Connection) -> None:
        """Take a connection in."""
        self._all[connection] = nas_id
        self._of_nas.setdefault(nas_id, []).append(connection)

    def remove(self, connection: Connection) -> None:
        """Forget a connection, if it was taken in."""
        nas_id = self._all.pop(connection, None)
        if nas_id is None:
            return
        those = self._of_nas[nas_id]
        those.remove(connection)
        if not those:
            del self._of_nas[nas_id]


class RadsecWire:
    """The way to one NAS, over whichever connection it was last heard on (a `coa_lines.Wire`)."""

    reliable = True
    """Nothing is sent again."""
    secret: SharedSecret | None = None
    """The NAS's own is `radsec`."""

    def __init__(self, connections: RadsecConnections, nas_id: UUID, receive: Answered) -> None:
        self._connections = connections
        self._nas_id = nas_id
        self._receive = receive

    def check(self) -> Connection:
        """Return the connection.

        Raises:
            OSError: there is none.
        """
        connection = self._connections.connection_of(self._nas_id)
        if connection is None:
            raise ConnectionError("not connected by RadSec")
        return connection

    def send(self, octets: bytes) -> None:
        """Send one packet.

        Raises:
            OSError: the NAS is not connected any more.
        """
        self.check().ask(octets, self._receive)

    def close(self) -> None:
        """Let go of it; the connection is the NAS's."""
