"""Templates compiled once in a process, however many sites it serves.

A site's pages have an environment for each language, and `territory.web.settled` writes the
translations into what is compiled: a template's code belongs to its language and catalogues.
"""

from collections.abc import Hashable
from types import CodeType
from typing import Final

import jinja2
from jinja2.bccache import Bucket

_KEPT: Final[dict[Hashable, CodeType]] = {}


class Compiled(jinja2.BytecodeCache):
    """The compiled templates of one language with its catalogues, which `language` tells apart."""

    def __init__(self, language: Hashable) -> None:
        self._language = language

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template's code, where the same source was compiled before."""
        bucket.code = _KEPT.get(self._key(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        if bucket.code is not None:
            _KEPT[self._key(bucket)] = bucket.code

    def _key(self, bucket: Bucket) -> Hashable:
        return self._language, bucket.key, bucket.checksum
