"""A captive-portal window reduced to what it must do: read a page, fill in its form. Pure.

No script, no cookie, no style: what a phone cannot do here, our pages must not need.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

VOID_TEXT = frozenset({"script", "style", "template", "noscript"})
_REFRESH = re.compile(r"\s*(\d{1,9})(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?(\S.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refresh:
    """Where a page leads by itself."""

    seconds: int
    address: str
    """As written."""


@dataclass(frozen=True, slots=True)
class Field:
    """One control of a form that would be sent."""

    name: str
    value: str
    kind: str
    """Its type: text, hidden, checkbox, radio, submit, select."""
    checked: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """One form, in the order of the page."""

    action: str
    """As written; empty: the page's own address."""
    method: str
    """get or post."""
    fields: tuple[Field, ...]

    @property
    def asks_agreement(self) -> bool:
        """Whether a box has to be ticked before it can be sent."""
        return any(field.kind == "checkbox" and field.required for field in self.fields)


@dataclass(frozen=True, slots=True)
class Page:
    """What a person would see of a page, and could do with it."""

    title: str
    text: str
    forms: tuple[Form, ...]
    links: tuple[str, ...]
    """The addresses of its links, as written."""
    refresh: Refresh | None = None
    """Where it leads by itself (meta refresh), and when."""


@dataclass(frozen=True, slots=True)
class Submission:
    """The request that sending a form makes."""

    method: str
    address: str
    body: str
    """application/x-www-form-urlencoded; empty for a GET."""


def read_page(html: str) -> Page:
    """Return what is on the page; broken markup gives less, never an error."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = " ".join(" ".join(reader.words).split())
    title = " ".join("".join(reader.title).split())
    return Page(title, text, tuple(reader.forms), tuple(reader.links), reader.refresh)


def choose_form(forms: Sequence[Form], gateway: str) -> Form | None:
    """Return the form that leads on: the one that asks for agreement, else one that is posted,
    else one that goes to the gateway (`gateway`: the beginning of its address)."""
    ranked = (
        [form for form in forms if form.asks_agreement],
        [form for form in forms if form.method == "post"],
        [form for form in forms if gateway and form.action.startswith(gateway)],
    )
    return next((group[0] for group in ranked if group), None)


def submit(form: Form, page_address: str) -> Submission:
    """Return the request that a person makes who ticks what is required and presses the first
    button."""
    pairs = [
        (field.name, field.value) for field in form.fields if field.name and _sent(form, field)
    ]
    query = urlencode(pairs)
    address = urljoin(page_address, form.action or page_address)
    if form.method == "post":
        return Submission("POST", address, query)
    bare = address.partition("#")[0].partition("?")[0]
    return Submission("GET", f"{bare}?{query}" if query else bare, "")


def _sent(form: Form, field: Field) -> bool:
    if field.kind in ("checkbox", "radio"):
        return field.checked or field.required
    if field.kind == "submit":
        return field is next(each for each in form.fields if each.kind == "submit")
    return field.kind not in ("button", "reset", "file", "image")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title: list[str] = []
        self.words: list[str] = []
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.refresh: Refresh | None = None
        self._open: tuple[str, str] | None = None
        self._fields: list[Field] = []
        self._select = ""
        self._silent = 0
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._silent += tag in VOID_TEXT
        match tag:
            case "title":
                self._in_title = True
            case "meta" if values.get("http-equiv", "").lower() == "refresh":
                self.refresh = _refresh(values.get("content", ""))
            case "a" if "href" in values:
                self.links.append(values["href"])
            case "form":
                self._open = (values.get("action", ""), values.get("method", "get").lower())
                self._fields = []
            case "input" | "button":
                self._add_control(tag, values)
            case "select":
                self._select = values.get("name", "")
            case "option" if self._select and "selected" in values:
                self._fields.append(Field(self._select, values.get("value", ""), "select"))

    def _add_control(self, tag: str, values: dict[str, str]) -> None:
        if "disabled" in values:
            return
        kind = values.get("type", "submit" if tag == "button" else "text").lower()
        value = values.get("value", "on" if kind in ("checkbox", "radio") else "")
        checked, required = "checked" in values, "required" in values
        self._fields.append(Field(values.get("name", ""), value, kind, checked, required))

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in VOID_TEXT))
        if tag == "title":
            self._in_title = False
        elif tag == "select":
            self._select = ""
        elif tag == "form" and self._open is not None:
            action, method = self._open
            self.forms.append(Form(action, method, tuple(self._fields)))
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)
        elif not self._silent:
            self.words.append(data)


def _refresh(content: str) -> Refresh | None:
    told = _REFRESH.fullmatch(content)
    return Refresh(int(told[1]), told[2].strip("'\" ")) if told else None
