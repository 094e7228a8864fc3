"""A sentence stands in a compiled template as its translation; the rest is left to the page."""

from pathlib import Path

import pytest

from territory.web.pages import Pages

CATALOGUE = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "Aide & contact"
msgstr "Help <b>here</b>"

msgid "Il reste %(n)s minutes"
msgstr "%(n)s minutes left"
"""


def said(folder: Path, template: str, language: str, **context: object) -> str:
    """Return a template's text in a language."""
    (folder / "en.po").write_text(CATALOGUE)
    (folder / "page.html").write_text(template)
    pages = Pages((folder,), languages=("fr", "en"), locale_folders=(folder,))
    return pages.environments[language].get_template("page.html").render(context)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('<p>{{ _("Aide & contact") }}</p>', "<p>Help <b>here</b></p>"),
        ("{{_('Aide & contact')}}{{ _('Autre') }}", "Help <b>here</b>Autre"),
        ('{{ _("Il reste %(n)s minutes", n=left) }}', "&lt;5&gt; minutes left"),
        ("{{ _(word) }}", "Help <b>here</b>"),
        ('{{ _("Aide & contact") | upper }}', "HELP <B>HERE</B>"),
        ('{{ other("Aide & contact") }}', "AIDE &amp; CONTACT"),
        ("{{ left }}", "&lt;5&gt;"),
        ("", ""),
        ('{% if _("Aide & contact") %}yes{% endif %}', "yes"),
    ],
)
def test_what_a_page_says(tmp_path: Path, template: str, expected: str) -> None:
    """With and without variables, filters and other calls beside."""
    context = {"left": "<5>", "word": "Aide & contact", "other": str.upper}
    assert said(tmp_path, template, "en", **context) == expected


def test_the_source_language_is_its_own_translation(tmp_path: Path) -> None:
    """As it is written."""
    assert said(tmp_path, '{{ _("Aide & contact") }}', "fr") == "Aide & contact"
