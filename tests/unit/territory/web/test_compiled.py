"""Templates compiled once."""

import jinja2

from territory.web.compiled import Compiled


def environment(language: str, source: str) -> jinja2.Environment:
    """An environment of one template."""
    return jinja2.Environment(
        loader=jinja2.DictLoader({"page": source}),
        autoescape=True,
        bytecode_cache=Compiled(("test_compiled", language)),
    )


def test_a_template_is_compiled_once() -> None:
    """A second environment of the same language runs the very code of the first."""
    first, second = (environment("fr", "Bonjour {{ name }}").get_template("page") for _ in "12")
    assert first.root_render_func.__code__ is second.root_render_func.__code__
    assert second.render(name="<Léa>") == "Bonjour &lt;Léa&gt;"


def test_each_language_and_each_source_has_its_own() -> None:
    """Another language, or a template that changed, is compiled anew."""
    french = environment("fr", "Bonjour").get_template("page").root_render_func.__code__
    assert environment("de", "Bonjour").get_template("page").root_render_func.__code__ is not french
    assert environment("fr", "Bonsoir").get_template("page").render() == "Bonsoir"
