"""The console's own scripts and its front-end libraries, read once and served under their digest.

The address of a file carries what is in it, so that a browser may keep it for ever and never gets
another. Libraries are put beside this module when Socle is built (deploy/stack/front-end.sh); where
they are not, the pages that would use them do without, and say so.
"""

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

HERE: Final = Path(__file__).parent
OWN: Final = HERE / "static"
LIBRARIES: Final = HERE / "libraries"
_TYPES: Final = {".js": "text/javascript", ".css": "text/css"}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file."""

    name: str
    digest: str
    """16 hexadecimal digits of its SHA-256: part of its address."""
    octets: bytes
    packed: bytes
    """The same as gzip."""
    content_type: str


class Assets:
    """All files that pages may load."""

    def __init__(self, *folders: Path) -> None:
        files = sorted(file for folder in folders for file in folder.glob("*") if _is_one(file))
        self._by_name = {file.name: _read(file) for file in files}

    def has(self, names: Iterable[str]) -> bool:
        """Whether all of these are installed."""
        return all(name in self._by_name for name in names)

    def __getitem__(self, name: str) -> Asset:
        return self._by_name[name]

    def find(self, digest: str, name: str) -> Asset | None:
        """The file of that very content."""
        found = self._by_name.get(name)
        return found if found is not None and found.digest == digest else None


ASSETS = web.AppKey("ASSETS", Assets)


async def send_asset(request: web.Request) -> web.StreamResponse:
    """Send a file; there is nothing of anybody in it."""
    asset = request.app[ASSETS].find(request.match_info["digest"], request.match_info["file"])
    if asset is None:
        raise web.HTTPNotFound
    takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "").lower()
    headers = {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
    if takes_gzip:
        headers["Content-Encoding"] = "gzip"
    body = asset.packed if takes_gzip else asset.octets
    return web.Response(
        body=body, content_type=asset.content_type, charset="utf-8", headers=headers
    )


def _is_one(file: Path) -> bool:
    return file.suffix in _TYPES


def _read(file: Path) -> Asset:
    octets = file.read_bytes()
    digest = hashlib.sha256(octets).hexdigest()[:16]
    packed = gzip.compress(octets, 9, mtime=0)
    return Asset(file.name, digest, octets, packed, _TYPES[file.suffix])
