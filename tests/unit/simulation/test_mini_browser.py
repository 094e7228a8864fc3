"""What a simulated phone makes of a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.mini_browser import Form, Refresh, Submission, choose_form, read_page, submit

PORTAL = """<!doctype html><title> Mairie
de Bar </title><style>p{}</style><body>
<form action="?lang=en"><button name="lang" value="en">English</button></form>
<p>Bonjour &amp; bienvenue</p><a href="/conditions">Conditions</a>
<form method="POST" action="/gateway/x?v=1"><input type="hidden" name="visit" value="a&quot;b">
<input type="checkbox" name="agreed" required><input type="checkbox" name="news">
<input type="text" name="off" disabled>
<select name="taille"><option value="1">1<option value="2" selected>2</select>
<button>Se connecter</button><button name="second" value="2">Autre</button></form>"""


def test_a_page_is_read_as_a_person_would() -> None:
    """Title, words and links, without styles."""
    page = read_page(PORTAL)
    assert page.title == "Mairie de Bar"
    assert page.text.startswith("English Bonjour & bienvenue")
    assert "{" not in page.text
    assert page.links == ("/conditions",)


def test_the_form_that_asks_for_agreement_leads_on() -> None:
    """A choice of language does not."""
    form = choose_form(read_page(PORTAL).forms, "")
    assert form is not None
    assert form.action == "/gateway/x?v=1"
    assert form.asks_agreement


def test_submitting_ticks_what_is_required_and_nothing_else() -> None:
    """Only the first button counts, and no box that may stay empty is ticked."""
    form = choose_form(read_page(PORTAL).forms, "")
    assert form is not None
    assert submit(form, "http://p.test/a/b?c=d") == Submission(
        "POST", "http://p.test/gateway/x?v=1", "visit=a%22b&agreed=on&taille=2"
    )


def test_a_get_form_replaces_the_query() -> None:
    """As browsers do."""
    form = read_page('<form action="/y?old=1"><input name="q" value="é"></form>').forms[0]
    assert submit(form, "http://p.test/") == Submission("GET", "http://p.test/y?q=%C3%A9", "")


def test_a_button_that_goes_to_the_gateway_leads_on() -> None:
    """The hand-back of a gateway that cannot be redirected to."""
    forms = (Form("/search", "get", ()), Form("http://127.10.1.1:3990/logon", "get", ()))
    assert choose_form(forms, "http://127.10.1.1:3990") is forms[1]
    assert choose_form(forms[:1], "http://127.10.1.1:3990") is None


@given(st.text())
def test_broken_markup_is_never_an_error(html: str) -> None:
    """A page that makes no sense is a page without forms."""
    read_page(html)


@pytest.mark.parametrize(
    ("content", "seconds", "address"),
    [
        ("3;url=/ma-connexion?visit=a.b", 3, "/ma-connexion?visit=a.b"),
        ("0; URL='http://p.test/'", 0, "http://p.test/"),
        ("1.5,http://p.test/", 1, "http://p.test/"),
    ],
)
def test_a_page_that_leads_on_by_itself(content: str, seconds: int, address: str) -> None:
    """A waiting page, or a gateway's own page that sends to the portal."""
    page = read_page(f'<meta http-equiv="Refresh" content="{content}"><p>Un instant</p>')
    assert page.refresh == Refresh(seconds, address)


@pytest.mark.parametrize("content", ["", "30", "url=/x", "soon;url=/x", "-1;url=/x"])
def test_a_page_that_stays(content: str) -> None:
    """It reloads itself at most, or says nothing that can be read."""
    assert read_page(f'<meta http-equiv="refresh" content="{content}">').refresh is None
