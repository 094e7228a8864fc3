"""Security headers of every response, whatever made it: a page, a redirect, an error.

They are set when the response is about to leave (``on_response_prepare``), so no handler can
forget them. A page that posts elsewhere, such as the hand-back to a gateway, says where in its own
policy with :func:`lead_forms_to`; nothing is widened for a whole application.
"""

import secrets
from dataclasses import dataclass, replace

from aiohttp import web

from territory.web.addresses import Address, Network, client_of, https_of

TRUSTED_PROXIES = web.AppKey("TRUSTED_PROXIES", tuple)
"""Networks whose X-Forwarded-* headers are believed."""

HSTS_SECONDS = 31_536_000


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
        own = f"'nonce-{nonce}'"
        directives = {
            "default-src": ("'none'",),
            "style-src": (own, *self.style),
            "script-src": tuple(own if item == "'nonce'" else item for item in self.script),
            "connect-src": self.connect,
            "img-src": self.image,
            "form-action": self.form_action or ("'none'",),
            "base-uri": ("'none'",),
            "frame-ancestors": ("'none'",),
        }
        return "; ".join(
            f"{name} {' '.join(values)}" for name, values in directives.items() if values
        )


POLICY = web.RequestKey("POLICY", ContentPolicy)
NONCE = web.RequestKey("NONCE", str)


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


def client_address(request: web.Request) -> Address:
    """The address of the browser, through trusted proxies only."""
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", ()))
    return client_of(request.remote, forwarded, _trusted(request))


def is_https(request: web.Request) -> bool:
    """Whether the browser speaks https with us or with our trusted proxy."""
    forwarded = request.headers.get("X-Forwarded-Proto", "")
    return https_of(request.secure, forwarded, request.remote, _trusted(request))


def _trusted(request: web.Request) -> tuple[Network, ...]:
    return request.config_dict.get(TRUSTED_PROXIES, ())


async def secure_headers(request: web.Request, response: web.StreamResponse) -> None:
    """The ``on_response_prepare`` signal that puts the headers on, unless already there."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", policy_of(request).format(nonce_of(request)))
    # Not "no-referrer": that would also blank the Origin header which forms are checked by.
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if is_https(request):
        headers.setdefault("Strict-Transport-Security", f"max-age={HSTS_SECONDS}")
    headers["Server"] = "Socle"
