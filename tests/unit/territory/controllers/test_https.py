"""An answer is what was expected, or a sentence for technicians that repeats nothing of it."""

from typing import Annotated

import pytest

from territory.controllers.https import (
    Answer,
    Count,
    Text,
    Told,
    cookie_header,
    each_that_reads,
)
from territory.controllers.record import ControllerFault, Trouble


class Shape(Told):
    """What is expected."""

    name: str
    count: Count = 0
    address: Text = ""


class Shapes(Told):
    """A list of it."""

    data: Annotated[tuple[Shape, ...], each_that_reads(Shape)] = ()


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (301, Trouble.UNREADABLE),
        (302, Trouble.UNREADABLE),
        (400, Trouble.UNREADABLE),
        (401, Trouble.ACCOUNT),
        (403, Trouble.ACCOUNT),
        (404, Trouble.UNREADABLE),
        (429, Trouble.REFUSED),
        (500, Trouble.UNREADABLE),
    ],
)
def test_every_other_status(status: int, trouble: Trouble) -> None:
    """Only 2xx is a yes."""
    with pytest.raises(ControllerFault, match=str(status)) as found:
        Answer(status, b"{}").checked()
    assert found.value.trouble is trouble


def test_a_good_answer() -> None:
    """What is not expected is left alone; numbers may be written as text."""
    body = b'{"name": "a", "count": "12", "new": [1]}'
    assert Answer(204, body).checked().read(Shape) == Shape(name="a", count=12)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>secret</html>",
        b'{"name": "secret"',
        b'{"name": 7, "count": "secret"}',
        b'{"name": null}',
        b'{"name": "a", "count": -1}',
        b'{"name": "a", "count": NaN}',
        b'["secret"]',
        b'{"name": "\xff"}',
        b"[" * 100_000,
    ],
)
def test_another_shape(body: bytes) -> None:
    """The field is named, its value is not."""
    with pytest.raises(ControllerFault) as found:
        Answer(200, body).read(Shape)
    assert found.value.trouble is Trouble.UNREADABLE
    assert "secret" not in str(found.value)
    assert "secret" not in repr(Answer(200, body, {"a": "secret"}, {"b": "secret"}))


def test_null_is_nothing() -> None:
    """Some versions write what they do not know as null: the guest is listed all the same."""
    body = b'{"name": "a", "count": null, "address": null}'
    assert Answer(200, body).read(Shape) == Shape(name="a")


def test_an_entry_that_does_not_read() -> None:
    """One odd entry empties no list; a list of which nothing reads is another version's."""
    body = b'{"data": [{"name": null}, {"name": "a"}, 7]}'
    assert Answer(200, body).read(Shapes).data == (Shape(name="a"),)
    assert Answer(200, b'{"data": []}').read(Shapes).data == ()
    with pytest.raises(ControllerFault):
        Answer(200, b'{"data": [{"name": null}]}').read(Shapes)


def test_a_session_is_shown_again() -> None:
    """Without a cookie there is no header."""
    assert cookie_header({"a": "1", "b": "2"}) == {"Cookie": "a=1; b=2"}
    assert cookie_header({}) == {}
