"""Which openNDS runs in a test, and how each is told and started: 9 as Debian 12 has it, or 10.

The machine's own runs where it knows the level asked for. Level 4 came with 10: where the machine
has an older one, it is the next release's, which deploy/stack/later-packages.sh unpacked. Its
folders are laid over the machine's own, C library included, in the daemon's mount namespace alone:
there the daemon and its scripts find themselves at their usual places, untouched.

A gateway is described once, in UCI, as a bundle does. 10 reads that file; 9 is given what OpenWrt's
start script makes of it. 9 needs iptables-legacy, put first in its own PATH only; 10 needs nft.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LATER = Path(__file__).parents[2] / "build/later-packages"
POLLING_IN_SHELL = 4
"""The level that 10 brought."""

DAEMON = "exec opennds -f"

_LINE = re.compile(r"^\t(option|list) (\w+) '([^']*)'$", re.MULTILINE)
_RULES = {"users_to_router": "users-to-router", "authenticated_users": "authenticated-users"}
_NOT_OF_9 = (
    "enabled",
    "maxclients",
    "nat_traversal_poll_interval",
    "users_to_router_passthrough",
)
"""What its start script or its scripts read by themselves; and a test has no lease file for a
thousand clients."""
_OF_SCRIPTS = ("nat_traversal_poll_interval", "fas_secure_enabled")
"""What the scripts of 9 read by themselves, in /etc/opennds."""
_APART = "mount -t tmpfs none /run && mount --bind {folder} /tmp"
_START_9 = f"mount --bind {{etc}} /etc/opennds && {_APART} && PATH=/tmp/first:$PATH {DAEMON}"
_START_10 = f"mount -t overlay -o ro,lowerdir={{etc}}:/etc none /etc && {_APART} && "
_LAID_OVER = f"mount -t overlay -o ro,lowerdir={LATER}/usr:/usr none /usr && "


@dataclass(frozen=True, slots=True)
class Release:
    """One openNDS that can run here."""

    version: int
    """Its first number."""
    unpacked: bool = False
    """Whether it lies in `LATER`, and not on the machine."""

    def command(
        self, folder: Path, uci: str, certificate: Path | None = None, program: str = DAEMON
    ) -> str:
        """Write what it reads into `folder`, its /tmp; return the shell's line that starts it.

        `certificate`: whom it believes in https. `program`: of release 10, another than the daemon.
        """
        etc = folder / "etc"
        shutil.rmtree(etc, ignore_errors=True)
        etc.mkdir()
        if self.version < 10:
            return _as_9(folder, etc, uci)
        (etc / "config").mkdir()
        (etc / "config/opennds").write_text(uci)
        if certificate is not None:
            (etc / "ssl/certs").mkdir(parents=True)
            shutil.copy(certificate, etc / "ssl/certs/ca-certificates.crt")
        laid = _LAID_OVER if self.unpacked else ""
        return laid + _START_10.format(folder=folder, etc=etc) + program


def release_for(level: int) -> Release:
    """Return the openNDS that a test of this level runs.

    Raises: RuntimeError when level 4 has none here: the tests' set-up was not made.
    """
    own = Release(_own_version())
    if level < POLLING_IN_SHELL or own.version >= 10:
        return own
    if not (LATER / "usr/bin/opennds").exists():
        raise RuntimeError("No openNDS 10: deploy/stack/later-packages.sh unpacks it")
    return Release(10, unpacked=True)


@cache
def _own_version() -> int:
    said = subprocess.run(["opennds", "-v"], check=False, capture_output=True, text=True).stdout
    found = re.search(r"version (\d+)\.", said)
    if found is None:
        raise RuntimeError(f"openNDS does not tell its version: {said}")
    return int(found[1])


def _as_9(folder: Path, etc: Path, uci: str) -> str:
    lines = [(name, value) for _, name, value in _LINE.findall(uci) if name not in _NOT_OF_9]
    told = [f"{name} {value}" for name, value in lines if name not in _RULES]
    for listed, name in _RULES.items():
        rules = "\n".join(f"  FirewallRule {value}" for key, value in lines if key == listed)
        told.append(f"FirewallRuleSet {name} {{\n{rules}\n}}")
    (folder / "opennds.conf").write_text("\n".join(told) + "\n")
    of_scripts = [f"{name} {value}" for _, name, value in _LINE.findall(uci) if name in _OF_SCRIPTS]
    (etc / "opennds.conf").write_text("\n".join(of_scripts) + "\n")
    _put_legacy_first(folder / "first")
    return _START_9.format(folder=folder, etc=etc) + " -c /tmp/opennds.conf"


def _put_legacy_first(folder: Path) -> None:
    """Make a folder in which `iptables` is iptables-legacy."""
    if folder.exists():
        return
    folder.mkdir()
    for name in ("iptables", "ip6tables"):
        real = shutil.which(f"{name}-legacy", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if real is None:
            raise RuntimeError(f"{name}-legacy is not installed")
        (folder / name).symlink_to(real)
