"""Security headers of every response, whatever made it: a page, a redirect, an error.

They are set when the response is about to leave (``on_response_prepare``), so no handler can
forget them. A page that posts elsewhere, such as the hand-back to a gateway, says where in its own
policy with :func:`lead_forms_to`; nothing is widened for a whole application.
"""

import secrets
from dataclasses import dataclass, replace
from functools import lru_cache

from aiohttp import web

from territory.web.addresses import Address, Network, client_of, https_of

TRUSTED_PROXIES = web.AppKey("TRUSTED_PROXIES", tuple)
"""Networks whose X-Forwarded-* headers are believed."""

HSTS_SECONDS = 31_536_000
REFERRER = "same-origin"
OLD_REFERRER = "no-referrer, same-origin"
"""Of pages that load from elsewhere: the last word that a browser knows counts (Referrer Policy
§11.1), and those that know the first alone would else tell that server this page's address."""


@dataclass(frozen=True, slots=True)
class ContentPolicy:
    """What a page may load and where it may post; everything else is refused (CSP level 2)."""

    form_action: tuple[str, ...] = ("'self'",)
    """Origins a form may post to, redirects included."""
    style: tuple[str, ...] = ()
    """Beside the inline style that carries the nonce."""
    script: tuple[str, ...] = ()
    """Empty: no script at all. ``'nonce'`` stands for this response's nonce."""
    connect: tuple[str, ...] = ()
    """Where a script may fetch from."""
    image: tuple[str, ...] = ("'self'", "data:")

    def format(self, nonce: str) -> str:
        """The Content-Security-Policy header's value for the response that carries ``nonce``."""
        return _written(self).replace(_OWN, f"'nonce-{nonce}'")


_OWN = "'nonce'"
POLICIES_KEPT = 1024
"""Policies written once: a site has some two."""


@lru_cache(POLICIES_KEPT)
def _written(policy: ContentPolicy) -> str:
    """The header's value, with the word for the nonce where it goes."""
    directives = {
        "default-src": ("'none'",),
        "style-src": (_OWN, *policy.style),
        "script-src": policy.script,
        "connect-src": policy.connect,
        "img-src": policy.image,
        "form-action": policy.form_action or ("'none'",),
        "base-uri": ("'none'",),
        "frame-ancestors": ("'none'",),
    }
    return "; ".join(f"{name} {' '.join(values)}" for name, values in directives.items() if values)


POLICY = web.RequestKey("POLICY", ContentPolicy)
NONCE = web.RequestKey("NONCE", str)
CLIENT = web.RequestKey[Address]("CLIENT")


def nonce_of(request: web.Request) -> str:
    """This response's nonce: 128 bits, made on first use."""
    if NONCE not in request:
        request[NONCE] = secrets.token_urlsafe(16)
    return request[NONCE]


def policy_of(request: web.Request) -> ContentPolicy:
    """The content policy this response will carry."""
    return request.get(POLICY) or ContentPolicy()


def lead_forms_to(request: web.Request, *sources: str) -> None:
    """Have this one response's forms lead there and nowhere else: ``'self'``, an origin such as
    ``http://10.1.0.1:3990``, or a scheme such as ``http:``.

    The caller has checked every origin against the site's own record: it goes into a header.
    """
    once = tuple(dict.fromkeys(sources))
    request[POLICY] = replace(policy_of(request), form_action=once)


def load_from(request: web.Request, origin: str) -> None:
    """Have this one response load scripts, pictures and counts from an origin that is not ours."""
    policy = policy_of(request)
    request[POLICY] = replace(
        policy,
        script=(*policy.script, "'nonce'", origin),
        connect=(*policy.connect, origin),
        image=(*policy.image, origin),
    )


def run_own_scripts(request: web.Request, *pictures: str) -> None:
    """Have this one response run our scripts that carry its nonce, let them ask us for more, and
    load pictures from these origins beside our own."""
    policy = policy_of(request)
    request[POLICY] = replace(
        policy,
        script=(*policy.script, _OWN),
        connect=(*policy.connect, "'self'"),
        image=(*policy.image, *pictures),
    )


def client_address(request: web.Request) -> Address:
    """The address of the browser, through trusted proxies only."""
    if CLIENT not in request:
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", ()))
        request[CLIENT] = client_of(request.remote, forwarded, _trusted(request))
    return request[CLIENT]


def is_https(request: web.Request) -> bool:
    """Whether the browser speaks https with us or with our trusted proxy."""
    forwarded = request.headers.get("X-Forwarded-Proto", "")
    return https_of(request.secure, forwarded, request.remote, _trusted(request))


def _trusted(request: web.Request) -> tuple[Network, ...]:
    return request.config_dict.get(TRUSTED_PROXIES, ())


def _referrer_of(policy: ContentPolicy) -> str:
    """Which addresses of ours a browser tells others: none that this page asks anything of."""
    return REFERRER if {*policy.script} <= {_OWN} else OLD_REFERRER


async def secure_headers(request: web.Request, response: web.StreamResponse) -> None:
    """The ``on_response_prepare`` signal that puts the headers on, unless already there."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", policy_of(request).format(nonce_of(request)))
    # Not "no-referrer": that would also blank the Origin header which forms are checked by.
    headers.setdefault("Referrer-Policy", _referrer_of(policy_of(request)))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if is_https(request):
        headers.setdefault("Strict-Transport-Security", f"max-age={HSTS_SECONDS}")
    headers["Server"] = "Socle"
