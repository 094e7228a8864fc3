"""Which signs are printed as they are, and which by their code."""

import pytest

from territory.paper.signs import spell_out


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Łódź, l’été… Привет, محمد", "Łódź, l’été… Привет, محمد"),
        ("李 🚀", "[U+674E] [U+1F680]"),
        ("a\x07\u200b\ue000\nb", "a[U+0007][U+200B][U+E000]\nb"),
    ],
)
def test_a_sign_without_a_shape_is_written_by_its_code(text: str, printed: str) -> None:
    """Of the alphabets that the fonts have, and no others; wherever it stands."""
    assert spell_out({"a": [text, ("x", 1, None)]}) == {"a": [printed, ["x", 1, None]]}
