"""The image's health check against real answers on loopback."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from deploy.stack.healthcheck import fault, faults
from territory.settings import MetricsSettings, Settings


@contextmanager
def component(status: int) -> Iterator[int]:
    """Answer /healthz with a status on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_well_component_has_no_fault() -> None:
    """Status 200 is well."""
    with component(200) as port:
        assert fault(port) is None


def test_every_unwell_component_is_named() -> None:
    """A component that says 503, and one that does not answer, are both told with their port."""
    with component(200) as well, component(503) as unwell:
        with component(200) as gone:
            pass
        metrics = MetricsSettings(
            portal_port=well,
            radius_port=unwell,
            supervision_port=gone,
            retention_port=well,
            desk_port=well,
        )
        found = faults(Settings(metrics=metrics))
    assert len(found) == 2
    assert found[0] == f"port {unwell}: status 503"
    assert found[1].startswith(f"port {gone}: ")
