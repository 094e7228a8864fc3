"""Templates on aiohttp: one environment for each language, one ``render`` for every page.

Autoescape is on and an unknown name in a template is an error, so a page can neither carry a
visitor's input as markup nor silently show a hole. Each language has its own environment because
macros see only their environment's ``gettext``.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web

from territory.web.addresses import Network
from territory.web.compiled import Compiled
from territory.web.headers import TRUSTED_PROXIES, nonce_of, secure_headers
from territory.web.kept import KeptPage, blank, gzipped
from territory.web.languages import SOURCE_LANGUAGE, load_catalogue, negotiate
from territory.web.problems import Problem, readable_problems
from territory.web.settled import Settled

HERE = Path(__file__).parent
SMALLEST_COMPRESSED = 512
"""Characters below which gzip gains nothing."""
MOST_KEPT = 512
"""Pages kept as they were written once, some 16 KiB each."""


@dataclass(slots=True)
class Pages:
    """An application's templates in each of its languages."""

    folders: tuple[Path, ...]
    """Looked in first to last; the shared ones (tokens.css, problem.html) come after."""
    languages: tuple[str, ...] = (SOURCE_LANGUAGE,)
    """The first is the one given when the browser asks for none of them."""
    locale_folders: tuple[Path, ...] = ()
    """Hold ``<language>.po``; the shared catalogue comes after."""
    filters: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    """Names every template and macro sees, such as the territory's own name."""
    environments: dict[str, jinja2.Environment] = field(init=False)

    def __post_init__(self) -> None:
        self.environments = {language: self._environment(language) for language in self.languages}

    def _environment(self, language: str) -> jinja2.Environment:
        folders = (*self.locale_folders, HERE / "locale")
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader([*self.folders, HERE / "templates"]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n", Settled],
            bytecode_cache=Compiled((*folders, language)),
        )
        catalogue = load_catalogue(folders, language)
        environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
        environment.filters.update(self.filters)
        environment.globals.update(self.constants)
        environment.globals["gettext_plain"] = catalogue.gettext
        return environment


PAGES = web.AppKey("PAGES", Pages)
LANGUAGE = web.RequestKey("LANGUAGE", str)
CONTEXT = web.RequestKey("CONTEXT", dict)


def setup_pages(
    app: web.Application, pages: Pages, *, trusted_proxies: Sequence[Network] = ()
) -> None:
    """Give ``app`` its pages, the security headers and readable problems. Call it first."""
    app[PAGES] = pages
    app[TRUSTED_PROXIES] = tuple(trusted_proxies)
    app.on_response_prepare.append(secure_headers)
    app.middlewares.append(readable_problems(_show_problem))


def language_of(request: web.Request) -> str:
    """The language of this request's page: set, asked by ``?lang=``, or the browser's."""
    if LANGUAGE not in request:
        request[LANGUAGE] = negotiate(
            request.query.get("lang"),
            request.headers.get("Accept-Language", ""),
            request.config_dict[PAGES].languages,
        )
    return request[LANGUAGE]


def set_language(request: web.Request, language: str | None) -> None:
    """Fix the language, for instance from a signed visit; one we do not speak is ignored."""
    if language in request.config_dict[PAGES].languages:
        request[LANGUAGE] = language


def translate(request: web.Request, message: str) -> str:
    """``message`` (French) in this request's language."""
    environment = request.config_dict[PAGES].environments[language_of(request)]
    return str(environment.globals["gettext_plain"](message))  # type: ignore[operator]


def page_context(request: web.Request) -> dict[str, Any]:
    """Names that every template of this request sees; middlewares add to it."""
    if CONTEXT not in request:
        request[CONTEXT] = {}
    return request[CONTEXT]


def render_text(request: web.Request, template: str, **context: Any) -> str:
    """``template`` as text, with the request's language, nonce and context."""
    nonce = nonce_of(request)
    return _template(request, template).render({"nonce": nonce, **_around(request), **context})


def render(
    request: web.Request, template: str, *, status: int = 200, **context: Any
) -> web.Response:
    """The page as a response: never stored by caches, gzip where the browser takes it."""
    body = render_text(request, template, **context).encode()
    if len(body) >= SMALLEST_COMPRESSED and _takes_gzip(request):
        return _response(request, gzipped(body), status, "gzip")
    return _response(request, body, status)


def render_kept(
    request: web.Request,
    template: str,
    blanks: Mapping[str, str],
    *,
    status: int = 200,
    **context: Hashable,
) -> web.Response:
    """The page as :func:`render` makes it, written once for all requests of the same context.

    ``blanks`` are what differs from one guest to the next: names that the template writes as they
    are, and never asks whether they are empty.
    """
    own = {"nonce": nonce_of(request).encode()}
    own |= {name: escape(value).encode() for name, value in blanks.items()}
    everything = {**_around(request), **context}
    page = _written(_template(request, template), tuple(own), tuple(everything.items()))
    if _takes_gzip(request):
        return _response(request, page.gzipped(own), status, "gzip")
    return _response(request, page.filled(own), status)


@lru_cache(MOST_KEPT)
def _written(
    template: jinja2.Template, names: tuple[str, ...], context: tuple[tuple[str, Hashable], ...]
) -> KeptPage:
    return KeptPage.of(template.render(dict(context), **{name: blank(name) for name in names}))


def _template(request: web.Request, name: str) -> jinja2.Template:
    return request.config_dict[PAGES].environments[language_of(request)].get_template(name)


def _around(request: web.Request) -> dict[str, Any]:
    """What every template of this request sees."""
    return {
        "lang": language_of(request),
        "languages": request.config_dict[PAGES].languages,
        "request_path": request.path,
        **page_context(request),
    }


def _takes_gzip(request: web.Request) -> bool:
    """Whether the browser takes gzip (never deflate: its two forms are confused)."""
    return "gzip" in request.headers.get("Accept-Encoding", "").lower()


def _response(request: web.Request, body: bytes, status: int, encoding: str = "") -> web.Response:
    response = web.Response(body=body, status=status, content_type="text/html", charset="utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = language_of(request)
    response.headers["Vary"] = "Accept-Encoding, Accept-Language"
    if encoding:
        response.headers["Content-Encoding"] = encoding
    return response


async def _show_problem(request: web.Request, problem: Problem) -> web.Response:
    return render(request, "problem.html", status=problem.status, problem=problem)
