"""What is asked of typst, whatever is to be printed."""

from datetime import date
from pathlib import Path

import pytest
import typst

from territory.paper.typeset import typeset

MADE_ON = date(2026, 11, 20)
TEMPLATE = """
#let word = json(bytes(sys.inputs.word))
#set document(title: "Un mot")
#set text(lang: "fr", font: "Libertinus Serif")
#if word.text.len() > 40 { panic("too long") }
#title()
#word.text
"""


def test_a_sign_without_a_shape_is_printed_by_its_code_and_no_other_fault_is_hidden(
    tmp_path: Path,
) -> None:
    """The same file as of the code itself; what the template refuses stays refused."""
    template = tmp_path / "word.typ"
    template.write_text(TEMPLATE)
    (odd,) = typeset(template, {"text": "L'a 🚀"}, MADE_ON, "pdf")
    (code,) = typeset(template, {"text": "L’a [U+1F680]"}, MADE_ON, "pdf")
    assert odd == code
    assert typeset(template, {"text": "L'a 🚀"}, MADE_ON, "pdf", is_exact=True) != [code]
    with pytest.raises(typst.TypstError, match="too long"):
        typeset(template, {"text": "n" * 41}, MADE_ON, "pdf")
