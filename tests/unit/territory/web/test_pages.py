"""Pages as a browser receives them: headers, language, size, and what an error says."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from territory.errors import Unavailable
from territory.web.forms import read_form
from territory.web.headers import ContentPolicy, client_address, lead_forms_to
from territory.web.pages import (
    Pages,
    render,
    render_kept,
    set_language,
    setup_pages,
    translate,
)
from territory.web.server import LARGEST_BODY, start_site

SECRET = "a guest's own words"


async def kept(request: web.Request) -> web.Response:
    """A page that is written once for each word."""
    word, whose = request.query["mot"], request.query["a"]
    return render_kept(request, "kept.html", {"whose": whose}, word=word)


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a small application with one page of each kind."""
    (tmp_path / "page.html").write_text(
        '<p lang="{{ lang }}">{{ word }}</p><style nonce="{{ nonce }}"></style>' + " " * 600
    )
    (tmp_path / "kept.html").write_text(
        '<p lang="{{ lang }}" nonce="{{ nonce }}">{{ word }}, {{ whose }}, {{ whose }}</p>'
    )
    (tmp_path / "hole.html").write_text("{{ nothing_of_that_name }}")
    app = web.Application(client_max_size=LARGEST_BODY)
    pages = Pages((tmp_path,), languages=("fr", "en"))
    setup_pages(app, pages, trusted_proxies=[ip_network("127.0.0.0/8")])

    async def page(request: web.Request) -> web.Response:
        return render(request, "page.html", word=request.query.get("mot", ""))

    async def hand_back(request: web.Request) -> web.Response:
        lead_forms_to(request, "'self'", "http://10.1.0.1:3990", "'self'")
        return render(request, "page.html", word="")

    async def hole(request: web.Request) -> web.Response:
        return render(request, "hole.html")

    async def broken(request: web.Request) -> web.Response:
        raise ValueError(SECRET)

    async def away(request: web.Request) -> web.Response:
        raise Unavailable(SECRET)

    async def address(request: web.Request) -> web.Response:
        return web.Response(text=str(client_address(request)))

    async def english(request: web.Request) -> web.Response:
        set_language(request, "en")
        set_language(request, "xx")
        return web.Response(text=translate(request, "Cette page n'existe pas"))

    async def form(request: web.Request) -> web.Response:
        return web.json_response(dict(await read_form(request)))

    for path, handler in (
        ("/page", page),
        ("/kept", kept),
        ("/hand-back", hand_back),
        ("/hole", hole),
        ("/broken", broken),
        ("/away", away),
        ("/address", address),
        ("/english", english),
    ):
        app.router.add_get(path, handler)
    app.router.add_post("/form", form)
    runner = await start_site(app, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that keeps bodies as they come."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session


async def fetch(
    browser: aiohttp.ClientSession, url: str, **options: Any
) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers and body."""
    async with browser.get(url, **options) as answer:
        return answer.status, answer.headers, await answer.read()


async def test_a_page_carries_its_policy_and_a_nonce_of_its_own(
    at: str, browser: aiohttp.ClientSession
) -> None:
    """Nothing from elsewhere, no script, no frame; the inline style by nonce, new each time."""
    _, headers, body = await fetch(browser, f"{at}/page", headers={"Accept-Encoding": ""})
    policy = headers["Content-Security-Policy"]
    nonce = body.decode().partition('nonce="')[2].partition('"')[0]
    assert f"style-src 'nonce-{nonce}'" in policy
    for directive in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"):
        assert directive in policy
    assert "script-src" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers
    _, other, _ = await fetch(browser, f"{at}/page")
    assert other["Content-Security-Policy"] != policy


async def test_only_the_page_that_hands_back_may_post_to_the_gateway(
    at: str, browser: aiohttp.ClientSession
) -> None:
    """`lead_forms_to` is about one response, and says nothing twice."""
    _, headers, _ = await fetch(browser, f"{at}/hand-back")
    assert "form-action 'self' http://10.1.0.1:3990;" in headers["Content-Security-Policy"]
    _, headers, _ = await fetch(browser, f"{at}/page")
    assert "10.1.0.1" not in headers["Content-Security-Policy"]


async def test_hsts_is_sent_when_a_trusted_front_speaks_https(
    at: str, browser: aiohttp.ClientSession
) -> None:
    """Never over plain http."""
    _, headers, _ = await fetch(browser, f"{at}/page", headers={"X-Forwarded-Proto": "https"})
    assert headers["Strict-Transport-Security"].startswith("max-age=")


async def test_markup_from_a_visitor_is_text(at: str, browser: aiohttp.ClientSession) -> None:
    """Autoescape is on."""
    _, _, body = await fetch(
        browser, f"{at}/page?mot=<script>", headers={"Accept-Encoding": "identity"}
    )
    assert b"&lt;script&gt;" in body


async def test_a_kept_page_is_each_guests_own(at: str, browser: aiohttp.ClientSession) -> None:
    """What differs between guests is put in for each, escaped, and so is the nonce; the rest is
    the same wherever what the page is told is the same, and only there."""
    asked = (("un", "moi", "fr"), ("un", "<toi>", "fr"), ("deux", "moi", "fr"), ("un", "moi", "en"))
    for word, whose, language in asked:
        _, headers, body = await fetch(
            browser,
            f"{at}/kept",
            params={"mot": word, "a": whose},
            headers={"Accept-Language": language, "Accept-Encoding": "identity"},
        )
        nonce = headers["Content-Security-Policy"].partition("'nonce-")[2].partition("'")[0]
        own = whose.replace("<", "&lt;").replace(">", "&gt;")
        expected = f'<p lang="{language}" nonce="{nonce}">{word}, {own}, {own}</p>'
        assert body.decode() == expected


async def test_html_is_gzipped_for_whoever_takes_it(
    at: str, browser: aiohttp.ClientSession
) -> None:
    """gzip only, and `Vary` says so."""
    _, headers, body = await fetch(browser, f"{at}/page", headers={"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in headers["Vary"]
    assert b"<p lang" in gzip.decompress(body)
    _, headers, _ = await fetch(browser, f"{at}/page", headers={"Accept-Encoding": "deflate"})
    assert "Content-Encoding" not in headers


async def test_the_language_is_asked_negotiated_or_set(
    at: str, browser: aiohttp.ClientSession
) -> None:
    """`?lang=`, Accept-Language, or the visit's own; French otherwise."""
    for query, header, expected in (("", "en", b"en"), ("?lang=fr", "en", b"fr"), ("", "", b"fr")):
        _, headers, body = await fetch(
            browser,
            f"{at}/page{query}",
            headers={"Accept-Language": header, "Accept-Encoding": "identity"},
        )
        assert b'lang="' + expected in body
        assert headers["Content-Language"].encode() == expected
    assert (await fetch(browser, f"{at}/english"))[2] == b"This page does not exist"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nowhere", 404, "Cette page n'existe pas"),
        ("/form", 405, "Cette page ne répond pas"),
        ("/broken", 500, "Nous avons eu un problème"),
        ("/hole", 500, "Nous avons eu un problème"),
        ("/away", 503, "ne marche pas en ce moment"),
        ("/page?" + "a" * 9_000, 414, "L'adresse est trop longue"),
        ("/page?mot=" + "a" * 100_000, 414, "L'adresse est trop longue"),
    ],
)
async def test_what_goes_wrong_is_a_readable_page(
    at: str,
    browser: aiohttp.ClientSession,
    capsys: pytest.CaptureFixture[str],
    path: str,
    status: int,
    words: str,
) -> None:
    """In words, with the same headers, and with no trace of the input or of our insides."""
    found, headers, body = await fetch(
        browser, f"{at}{path}", headers={"Accept-Encoding": "identity"}
    )
    assert found == status
    assert words in body.decode()
    assert "aaaa" not in body.decode()
    assert "Content-Security-Policy" in headers
    printed = capsys.readouterr()
    assert SECRET not in body.decode() + printed.out + printed.err


async def test_a_refusal_keeps_the_headers_it_must_carry(
    at: str, browser: aiohttp.ClientSession
) -> None:
    """405 says what is allowed."""
    _, headers, _ = await fetch(browser, f"{at}/form")
    assert headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "octets",
    [
        b"GET /<script>" + b"a" * 300_000 + b" HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x00\xa5<script>\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"<script>" * 5_000 + b"\r\n\r\n",
    ],
    ids=["endless line", "TLS to a plain port", "endless field"],
)
async def test_what_is_not_http_gets_one_fixed_page(
    at: str, octets: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """400 without a word of what was sent, and nothing in the log."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(at.rpartition(":")[2]))
    writer.write(octets)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.0 400")
    assert b"<h1>Demande illisible</h1>" in answer
    assert b"script>" not in answer
    assert "script>" not in "".join(capsys.readouterr())


async def test_the_client_address_comes_through_our_proxy(
    at: str, browser: aiohttp.ClientSession
) -> None:
    """The nearest entry our proxy vouches for."""
    headers = {"X-Forwarded-For": "192.0.2.1, 203.0.113.7"}
    assert (await fetch(browser, f"{at}/address", headers=headers))[2] == b"203.0.113.7"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"a": " mot "}, 200),
        ({"a": "\x00"}, 400),
        ({f"f{n}": "" for n in range(101)}, 400),
        ({"a": "x" * LARGEST_BODY}, 413),
    ],
)
async def test_a_form_is_bounded_text(
    at: str, browser: aiohttp.ClientSession, data: dict[str, str], status: int
) -> None:
    """No NUL, no more than a hundred fields, no more than 64 KiB."""
    async with browser.post(f"{at}/form", data=data) as answer:
        assert answer.status == status
        if status == 200:
            assert await answer.json() == {"a": "mot"}


async def test_a_form_carries_no_file(at: str, browser: aiohttp.ClientSession) -> None:
    """A file where text is asked for is a bad request."""
    data = aiohttp.FormData()
    data.add_field("a", b"octets", filename="a.bin")
    async with browser.post(f"{at}/form", data=data) as answer:
        assert answer.status == 400


def test_a_policy_formats_what_it_allows() -> None:
    """Empty directives fall back on default-src; an empty form-action is closed."""
    text = ContentPolicy(form_action=(), script=("'nonce'",), connect=("'self'",)).format("N")
    assert "form-action 'none'" in text
    assert "script-src 'nonce-N'" in text
    assert "frame-src" not in text
