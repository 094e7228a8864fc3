"""Debian's radclient as a NAS: its own codec, dictionaries and opinion of our replies."""

import asyncio
import re
import shutil
from dataclasses import dataclass

PROGRAM = shutil.which("radclient")
SECONDS = 90


@dataclass(frozen=True, slots=True)
class Said:
    """What radclient printed."""

    text: str

    @property
    def received(self) -> str:
        """The kind of reply: Access-Accept, Access-Reject, Accounting-Response..."""
        found = re.search(r"Received (\S+)", self.text)
        return found[1] if found else "nothing"

    def values(self, attribute: str) -> list[str]:
        """Return the values of an attribute of the reply, as radclient writes them."""
        reply = self.text.partition("Received ")[2]
        found = re.findall(rf"^\s+{re.escape(attribute)} = (.*)$", reply, re.MULTILINE)
        return [value.strip('"') for value in found]


async def radclient(port: int, kind: str, secret: str, request: str, *options: str) -> Said:
    """Send one request (`auth`, `acct`, `status`...) whose attributes are `request`'s lines.

    radclient signs what must be signed and drops replies that do not verify.
    """
    assert PROGRAM, "freeradius-utils is on the list of system packages"
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "-x", "-r", "12", "-t", "5", *options, f"127.0.0.1:{port}", kind, secret,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await asyncio.wait_for(process.communicate(request.encode()), SECONDS)
    return Said(printed.decode())
