"""A letter on paper: PDF/UA-1 in French, and every word of it readable as text."""

from dataclasses import replace
from datetime import date

from territory.paper.letter import Letter, draw_letter, render_letter
from tests.servers.papers import check_paper

LETTER = Letter(
    sender=("Département de la Meuse", "requisitions@meuse.example"),
    recipient=("Gendarmerie nationale", "À l'attention de Camille #Exemple, adjudante"),
    written_on=date(2026, 11, 22),
    subject="Votre réquisition PV 2026/1234",
    references=(("Notre numéro", "2026-0001"),),
    before=("Son traitement est suspendu :",),
    points=("Aucun fondement n'est indiqué.", "L'acte n'est pas joint."),
    after=("Nous restons à votre disposition.",),
    signature=("Le dépositaire,",),
)


def test_a_letter_is_accessible_and_says_all_it_was_given() -> None:
    """As another reader finds it (ISO 14289-1); what is written in it is never markup."""
    told = check_paper(render_letter(LETTER)).text
    words = [*LETTER.sender, *LETTER.recipient, *LETTER.before, *LETTER.points, *LETTER.after]
    for each in [*words, *LETTER.references[0], LETTER.subject, "22 novembre 2026"]:
        assert each.replace("'", "’") in told


def test_a_name_that_no_font_has_is_written_by_its_codes() -> None:
    """A letter to an agent of any name is made."""
    assert render_letter(replace(LETTER, recipient=("李 🚀",))).startswith(b"%PDF-")


def test_a_long_letter_goes_on_overleaf() -> None:
    """However many points there are; each page is a picture."""
    pages = draw_letter(replace(LETTER, points=LETTER.points * 25))
    assert len(pages) == 2
    assert all(page.startswith(b"\x89PNG") for page in pages)
