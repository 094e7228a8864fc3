"""Network namespaces of a test's own: made, joined by wires, and taken down whatever happens.

Needs root and iproute2. Processes are started here and ended here, by their own number.
"""

import itertools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

COMMAND_SECONDS = 90
END_SECONDS = 20

_numbers = itertools.count(1)


class Namespaces:
    """A few namespaces that share a prefix; a context manager around their life."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        """`names`: at most 4 letters each. Logs of the processes go to `folder`."""
        number = next(_numbers)
        self.folder = folder
        self._prefix = f"t{os.getpid()}n{number}"
        self._names = names
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        try:
            for name in self._names:
                self._ip("netns", "add", self.full(name))
                self._ip("-n", self.full(name), "link", "set", "lo", "up")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every process, last first, and remove every namespace."""
        for process in reversed(self._processes):
            end(process)
        for name in self._names:
            removal = ("ip", "netns", "del", self.full(name))
            subprocess.run(removal, check=False, capture_output=True, timeout=COMMAND_SECONDS)
            shutil.rmtree(_etc(self.full(name)), ignore_errors=True)

    def full(self, name: str) -> str:
        """Return the name that the kernel knows a namespace by."""
        return f"{self._prefix}{name}"

    def wire(self, first: tuple[str, str, str], second: tuple[str, str, str]) -> None:
        """Join two namespaces: (namespace, interface, address/length or empty) on each side."""
        (one, here, _), (other, there, _) = first, second
        peer = ("type", "veth", "peer", "name", there, "netns", self.full(other))
        self._ip("link", "add", here, "netns", self.full(one), *peer)
        for name, interface, address in (first, second):
            if address:
                self.address(name, interface, address)
            self._ip("-n", self.full(name), "link", "set", interface, "up")

    def address(self, name: str, interface: str, address: str) -> None:
        """Give an interface one more address."""
        self._ip("-n", self.full(name), "address", "add", address, "dev", interface)

    def route(self, name: str, destination: str, gateway: str) -> None:
        """Send what goes to `destination` through `gateway`."""
        self._ip("-n", self.full(name), "route", "add", destination, "via", gateway)

    def resolve_with(self, name: str, server: str) -> None:
        """Have what runs in a namespace ask this DNS server."""
        folder = _etc(self.full(name))
        folder.mkdir(parents=True)
        (folder / "resolv.conf").write_text(f"nameserver {server}\n")

    def know(self, name: str, host: str, address: str) -> None:
        """Have what is started in a namespace from now on find a host without asking DNS."""
        folder = _etc(self.full(name))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "hosts").write_text(f"127.0.0.1 localhost\n{address} {host}\n")

    def run(self, name: str, *command: str) -> str:
        """Run a short command in a namespace; return what it printed.

        Raises: CalledProcessError when it failed, with its output.
        """
        return _run(self.inside(name, *command))

    def wait_for(self, name: str, *command: str) -> None:
        """Return once a short command succeeds in a namespace.

        Raises: CalledProcessError when it does not in a minute and a half.
        """
        deadline = time.monotonic() + COMMAND_SECONDS
        while True:
            try:
                self.run(name, *command)
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def spawn(
        self, name: str, *command: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a process in a namespace; it ends with this context. Its log is in `folder`."""
        with self._log(len(self._processes)).open("wb") as output:
            process = subprocess.Popen(
                self.inside(name, *command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def said(self, process: subprocess.Popen[bytes]) -> str:
        """Return what a process of this context has printed so far."""
        return self._log(self._processes.index(process)).read_text(errors="replace")

    def _log(self, number: int) -> Path:
        return self.folder / f"process-{number}.log"

    def inside(self, name: str, *command: str) -> list[str]:
        """Return the command that runs `command` in a namespace."""
        return ["ip", "netns", "exec", self.full(name), *command]

    def _ip(self, *arguments: str) -> None:
        _run(["ip", *arguments])


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started here, and the session it leads, within twenty seconds."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(END_SECONDS)


def _etc(full_name: str) -> Path:
    return Path("/etc/netns") / full_name


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=COMMAND_SECONDS
    )
    if done.returncode:
        raise subprocess.CalledProcessError(
            done.returncode, list(command), f"{done.stdout}{done.stderr}"
        )
    return done.stdout
