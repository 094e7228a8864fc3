"""What a benchmark needs of a RADIUS server, ours or the peer's, and a process that ends by pid."""

import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tests.benchmarks.registry import Spoiled
from tests.benchmarks.wire import (
    ACCESS_ACCEPT,
    Subscriber,
    Verifier,
    encode_access_request,
)

SHARED_SECRET = b"benchmark-secret-of-both-servers"
START_SECONDS = 60


class Server(Protocol):
    """A running RADIUS server that keeps its records in PostgreSQL."""

    name: str
    """For the table and the conditions, with its version."""
    authentication_port: int
    accounting_port: int

    @property
    def process_id(self) -> int:
        """Of the server, for its CPU time."""

    def reset(self) -> None:
        """Make a checkpoint, then bring the tables back to where every window starts."""

    def recorded(self, kind: str) -> int:
        """How many answers of that kind (`access`, `accounting`) the database holds."""

    def records_due(self, kind: str, good: int) -> int:
        """How many rows `good` answers must have left at the least."""


class ServerProcess:
    """A server in the foreground, its output in a file."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]):
        self._log = folder / "output.log"
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=output, env=environment, cwd=folder
            )

    @property
    def output(self) -> str:
        """What it said so far: shown when it does not start."""
        return self._log.read_text(errors="replace")[-4000:]

    @property
    def id(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Ask it to end, and insist after ten seconds."""
        if not self.running:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=10)


def free_ports(count: int) -> list[int]:
    """Free UDP ports on loopback, told apart by holding them all at once."""
    held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def wait_for_accept(process: ServerProcess, port: int, subscriber: Subscriber) -> None:
    """Return once the server lets `subscriber` in.

    Raises:
        Spoiled: it ended or stayed silent; the message holds what it said.
    """
    verifier = Verifier(SHARED_SECRET)
    authenticator = bytes(range(16))
    request = encode_access_request(subscriber, SHARED_SECRET, 1, authenticator)
    deadline = time.monotonic() + START_SECONDS
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(("127.0.0.1", port))
        asking.settimeout(0.3)
        while process.running and time.monotonic() < deadline:
            try:
                asking.send(request)
                reply = asking.recv(4096)
            except (TimeoutError, ConnectionRefusedError):
                time.sleep(0.1)
                continue
            fault = verifier.fault(reply, authenticator)
            if fault or reply[0] != ACCESS_ACCEPT:
                raise Spoiled(f"a wrong first answer: code {reply[0]}, {fault}")
            return
    raise Spoiled(f"the server does not answer: {process.output}")
