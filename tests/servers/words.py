"""What a person reads on a page: its words, without what only machines read (tokens, addresses)."""

from html.parser import HTMLParser

_UNREAD = frozenset(("script", "style", "template"))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._unread += tag in _UNREAD

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in _UNREAD

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.words.append(data)


def words_on(page: str) -> str:
    """Return the text of an HTML page, its parts parted by a blank."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return " ".join(reader.words)
