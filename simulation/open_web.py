"""The Web behind a simulated gateway: one small page for whatever address is asked. Pure.

A released browser sees it, so that a person and a test can tell the open Web from the portal.
`/octets/N` answers N octets, so that a phone can use up a data quota.
"""

import re
from html import escape

MAX_OCTETS = 50_000_000
_OCTETS = re.compile(r"/octets/(\d{1,12})\Z")

_PAGE = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Le Web est ouvert</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:1.1rem/1.5 system-ui,sans-serif;margin:0;color:#14202b;background:#eef3f7}}
main{{max-width:34rem;margin:2rem auto;padding:1.5rem;background:#fff;border-radius:.8rem;
border-top:.5rem solid #2c7a3f}}h1{{margin:0 0 1rem;line-height:1.2}}a{{color:#0b5560}}
code{{overflow-wrap:anywhere;background:#eef3f7;padding:.1rem .3rem}}</style></head>
<body><main><h1>Le Web est ouvert</h1>
<p>Voici la page demandée, servie par un Web simulé&nbsp;: <code>{address}</code></p>
<p>La passerelle <strong>{gateway}</strong> laisse passer cet appareil.</p>
{log_off}</main></body></html>
"""

_LOG_OFF = '<p><a href="{url}">Se déconnecter</a></p>\n'


def page(address: str, gateway: str, log_off_url: str) -> str:
    """Return the page of `address`; everything in it is escaped."""
    log_off = _LOG_OFF.format(url=escape(log_off_url)) if log_off_url else ""
    return _PAGE.format(address=escape(address), gateway=escape(gateway), log_off=log_off)


def octets_asked(path: str) -> int | None:
    """Return how many octets `/octets/N` asks for (at most 50 million), or None."""
    asked = _OCTETS.search(path)
    return min(int(asked[1]), MAX_OCTETS) if asked else None
