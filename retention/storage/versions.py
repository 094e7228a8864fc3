"""What S3 answers to ListObjectVersions ("ListObjectVersions", Amazon S3 API Reference). Pure.

Elements are found by their names: servers write them in different orders, with an owner or without.
"""

from dataclasses import dataclass
from xml.etree import ElementTree


@dataclass(frozen=True, slots=True)
class VersionsPage:
    """One page of the versions of objects, markers of deletion among them."""

    versions: tuple[tuple[str, str], ...]
    """The key and the identifier of each."""
    following: dict[str, str]
    """What to ask for the next page with; empty: this is the last."""


def read_page(text: str) -> VersionsPage:
    """Return what an answer says.

    Raises:
        ValueError: it is no such answer, or a cut one.
    """
    if "<!DOCTYPE" in text.upper():
        raise ValueError("an answer with entities of its own")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - no DOCTYPE, so no entity; size capped
    except ElementTree.ParseError as fault:
        raise ValueError(str(fault)) from fault
    if root.tag.rpartition("}")[2] != "ListVersionsResult":
        raise ValueError(f"<{root.tag}>")
    found = [*root.iterfind("{*}Version"), *root.iterfind("{*}DeleteMarker")]
    versions = tuple((_text(each, "Key"), _text(each, "VersionId")) for each in found)
    if root.findtext("{*}IsTruncated") != "true":
        return VersionsPage(versions, {})
    following = {"key-marker": _text(root, "NextKeyMarker")}
    if version := root.findtext("{*}NextVersionIdMarker"):
        following["version-id-marker"] = version
    return VersionsPage(versions, following)


def _text(element: ElementTree.Element, name: str) -> str:
    found = element.findtext(f"{{*}}{name}")
    if not found:
        raise ValueError(f"no <{name}>")
    return found
