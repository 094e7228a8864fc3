"""A real identity provider (npm oidc-provider) as a process on loopback, and who signs in there."""

import json
import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

PROGRAM = Path(__file__).with_name("openid_provider.mjs")
SECRET = "a secret of 32 characters, at least"
RETURN = "https://wifi.meuse.example/identification/openid_connect/retour"
NEXT = "https://wifi.meuse.example/identification/openid_connect/suite"


def client(name: str, **more: Any) -> dict[str, Any]:
    """Return what the provider knows of a client of ours; `more` in OpenID Connect's own words."""
    return {
        "client_id": name,
        "client_secret": SECRET,
        "redirect_uris": [RETURN],
        "post_logout_redirect_uris": [NEXT],
        "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": "ES256",
        **more,
    }


@contextmanager
def openid_provider(clients: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Give the issuer of a provider that knows these clients."""
    process = subprocess.Popen(
        ["node", "--no-warnings", str(PROGRAM), json.dumps({"clients": clients})],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "NODE_ENV": "production"},
    )
    assert process.stdout is not None
    try:
        issuer = next((line for line in process.stdout if line.startswith(b"http")), b"")
        assert issuer, "the provider did not start"
        yield issuer.decode().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@dataclass
class Person:
    """Somebody with a browser of their own, cookies and all, at the provider."""

    session: aiohttp.ClientSession
    name: str = "angela"
    level: str = "eidas1"
    seen: list[str] = field(default_factory=list)

    async def sign_in(self, address: str, *, agrees: bool = True) -> URL:
        """Go through the provider's pages from `address`, and return where it sends back to."""
        entry = await self._follow("GET", URL(address, encoded=True))
        assert entry.path.startswith("/entree/"), entry
        form = {"name": self.name, "acr": self.level, "go": "yes" if agrees else "no"}
        return await self._follow("POST", entry, form)

    async def sign_out(self, address: str) -> URL:
        """Say yes to the provider's question, and return where it sends back to."""
        async with self.session.get(URL(address, encoded=True)) as response:
            page = await response.text()
        found = re.search(r'action="([^"]+)".*?name="xsrf" value="([^"]+)"', page, re.DOTALL)
        assert found, page
        return await self._follow("POST", URL(found[1]), {"xsrf": found[2], "logout": "yes"})

    async def _follow(self, method: str, url: URL, form: Mapping[str, str] | None = None) -> URL:
        home = url.host
        while True:
            async with self.session.request(
                method, url, data=form, allow_redirects=False
            ) as response:
                self.seen.append(url.path)
                if response.status not in (302, 303):
                    return url
                url = url.join(URL(response.headers["Location"], encoded=True))
            method, form = "GET", None
            if url.host != home:
                return url


@asynccontextmanager
async def person(name: str = "angela", level: str = "eidas1") -> AsyncIterator[Person]:
    """Give somebody with a fresh browser."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield Person(session, name, level)
