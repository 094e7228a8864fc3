"""Signs that no embedded font has, written out by their code. Pure.

What is printed was often written elsewhere: a name as an identity provider told it, an act's own
words. A PDF that everybody can read (ISO 14289-1) or keep (ISO 19005-3) may hold no sign without a
shape, and typst refuses all of a paper for one of them.
"""

import re
import unicodedata
from typing import Any

_DRAWN = re.compile(
    "["
    " -~\u00a0-\u024f\u0300-\u0345\u1e00-\u1eff"  # Latin
    "\u0370-\u03ff\u0400-\u045f\u05d0-\u05ea\u0621-\u063a\u0641-\u064a"  # Greek, Cyrillic, ...
    "\u2010-\u203a\u20ac"
    "]"
)
"""What typst's own fonts draw for sure; more is theirs, and not counted on."""


def spell_out(content: Any) -> Any:
    """Return JSON-like content; each sign that may have no shape in its texts as `[U+1F680]`."""
    match content:
        case str():
            return "".join(sign if _is_drawn(sign) else f"[U+{ord(sign):04X}]" for sign in content)
        case dict():
            return {name: spell_out(value) for name, value in content.items()}
        case list() | tuple():
            return [spell_out(value) for value in content]
    return content


def _is_drawn(sign: str) -> bool:
    if sign == "\n":
        return True
    return unicodedata.category(sign)[0] != "C" and bool(_DRAWN.match(sign))
