"""What a page says in one language, settled when its template is compiled.

Each language has its own environment, so a sentence without a variable in it is as fixed there as
the markup around it. Written into the template's text before it is parsed, it costs nothing when
the page is shown; a page of ours has some twenty.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from jinja2 import Environment, nodes
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

_SHAPE = ("variable_begin", "name", "lparen", "string", "rparen", "variable_end")
"""`{{ _("...") }}`, token by token."""


class Settled(Extension):
    """Has each `{{ _("a sentence") }}` stand as its translation; as `_` does, unescaped."""

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        """Return a template's tokens, sentences translated."""
        return _settled(iter(stream), self.environment)

    def parse(self, parser: object) -> nodes.Node:
        """Do nothing: it has no tag."""
        raise AssertionError(parser)


def _settled(tokens: Iterator[Token], environment: Environment) -> Iterator[Token]:
    held: list[Token] = []
    while True:
        held += islice(tokens, len(_SHAPE) - len(held))
        if not held:
            return
        sentence = _sentence(held)
        if sentence is None:
            yield held.pop(0)
            continue
        translated = environment.globals["gettext_plain"](sentence)  # type: ignore[operator]
        yield Token(held[0].lineno, "data", translated)
        held.clear()


def _sentence(held: list[Token]) -> str | None:
    """Return what six tokens have translated, if that is all they do; `%` is filled in later."""
    if tuple(token.type for token in held) != _SHAPE or held[1].value != "_":
        return None
    sentence = str(held[3].value)
    return None if "%" in sentence else sentence
