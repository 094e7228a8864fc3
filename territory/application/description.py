"""A file's octets become a description of the territory, or every fault in it at once.

Joins the two looks (the model's, value by value, and `agreement`'s) and tells each fault with its
line, in the order of the file. Nothing is applied of a file that has one.
"""

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from territory.application.agreement import Known, findings
from territory.application.reading import Document, Path, read_document
from territory.errors import ConfigurationError, Fault
from territory.model import TerritoryFile

_MAX_SHOWN = 60
"""Characters of a wrong value that are repeated in its fault."""
_NEVER_SHOWN = frozenset(
    {"portal_secret", "shared_secret", "community", "auth_secret", "priv_secret"}
)


def read_description(source: bytes, known: Known) -> TerritoryFile:
    """Return the description that a `territory.yaml` holds.

    Raises:
        ConfigurationError: every fault of the file, with its line and what was expected.
    """
    document = read_document(source)
    if document.faults and document.content is None:
        raise ConfigurationError(document.faults)
    faults = [*document.faults]
    try:
        return _agreed(TerritoryFile.model_validate(document.content), document, known)
    except ValidationError as error:
        details = error.errors(include_url=False)
        faults += [_fault(document, detail) for detail in details if not _follows(detail)]
        faults += _disagreements(document, known)
    raise ConfigurationError(_in_order(faults))


def _agreed(description: TerritoryFile, document: Document, known: Known) -> TerritoryFile:
    faults = [*document.faults, *_disagreements(document, known)]
    if faults:
        raise ConfigurationError(_in_order(faults))
    return description


def _disagreements(document: Document, known: Known) -> Iterator[Fault]:
    return (document.fault(path, words) for path, words in findings(document.content, known))


def _in_order(faults: Sequence[Fault]) -> list[Fault]:
    unique = dict.fromkeys(faults)
    return sorted(unique, key=lambda fault: (fault.line or 0, fault.key))


def _fault(document: Document, detail: ErrorDetails) -> Fault:
    path: Path = tuple(detail["loc"])
    return document.fault(path, _expected(path, detail))


def _follows(detail: ErrorDetails) -> bool:
    """Tell whether a list only seems too short because its items have faults of their own."""
    items = detail["input"]
    too_short = detail["type"] == "too_short"
    return too_short and isinstance(items, list) and len(items) >= detail["ctx"]["min_length"]


def _expected(path: Path, detail: ErrorDetails) -> str:
    """Return in words what was expected at `path`, and what was found."""
    words = _WORDS.get(detail["type"], _other)
    return f"expected{words(path, detail)}"


def _missing(path: Path, _: ErrorDetails) -> str:
    field = _field_model(path[:-1]).model_fields[str(path[-1])]
    return f", and missing: {field.description}"


def _unknown_key(path: Path, _: ErrorDetails) -> str:
    known = _field_model(path[:-1]).model_fields
    near = get_close_matches(str(path[-1]), known, n=1)
    if near:
        return f" no such key: did you mean {near[0]}?"
    return f" no such key, only {', '.join(known)}"


def _other(path: Path, detail: ErrorDetails) -> str:
    words = detail["msg"].removeprefix("Input should be ").removeprefix("String should ")
    return f": {words}{_found(path, detail)}"


_WORDS: dict[str, Callable[[Path, ErrorDetails], str]] = {
    "missing": _missing,
    "extra_forbidden": _unknown_key,
    "enum": lambda path, detail: f" {detail['ctx']['expected']}{_found(path, detail)}",
    "value_error": lambda path, detail: f" {detail['ctx']['error']}{_found(path, detail)}",
    "model_type": lambda path, detail: f" keys and their values{_found(path, detail)}",
    "tuple_type": lambda path, detail: f" a list, each item after a hyphen{_found(path, detail)}",
    "too_short": lambda _, detail: f" at least {detail['ctx']['min_length']}",
}


def _found(path: Path, detail: ErrorDetails) -> str:
    value = detail["input"]
    if not isinstance(value, str) or _NEVER_SHOWN.intersection(map(str, path)):
        return ""
    return f", found {value[:_MAX_SHOWN]!r}"


def _field_model(path: Path) -> type[BaseModel]:
    """Return the model of the entry at `path`."""
    model: type[BaseModel] = TerritoryFile
    for part in path:
        if isinstance(part, str):
            model = _entry_type(model.model_fields[part].annotation)
    return model


def _entry_type(annotation: Any) -> type[BaseModel]:
    """Return the entry inside `tuple[Entry, ...]` or `Entry | None`."""
    arguments = getattr(annotation, "__args__", (annotation,))
    return next(a for a in arguments if isinstance(a, type) and issubclass(a, BaseModel))
