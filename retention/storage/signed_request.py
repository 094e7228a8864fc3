"""Requests to S3 that obstore does not make: of one version of an object, of a bucket's lock.

A locked object is a version; only a DELETE that names it removes it, and a plain one hides it
behind a marker. The signature is AWS Signature Version 4 in the query ("Authenticating Requests:
Using Query Parameters", Amazon S3 API Reference), which needs no header and no body. Pure, but for
`send`.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import quote, urlencode, urlsplit

from territory.errors import Unavailable

_ALGORITHM = "AWS4-HMAC-SHA256"
_MOST_OCTETS = 4 << 20


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks, and where."""

    endpoint: str
    """`https://host[:port]`, without a final slash."""
    region: str
    access_key_id: str
    secret_access_key: str

    def __repr__(self) -> str:
        return f"Account({self.endpoint})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the storage said."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: str


def signed_target(
    account: Account, method: str, path: str, query: Mapping[str, str], now: datetime
) -> str:
    """Return the path and signed query of a request that is good for five minutes from `now`.

    Args:
        account: who asks, and where.
        method: `GET`, `HEAD`, `DELETE`...
        path: `/bucket/key`, not yet percent-encoded.
        query: further parameters, a bare one with an empty value.
        now: the storage's own clock may differ by some minutes.
    """
    moment = f"{now:%Y%m%dT%H%M%SZ}"
    scope = f"{moment[:8]}/{account.region}/s3/aws4_request"
    asked = {
        "X-Amz-Expires": "300",
        **query,
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{account.access_key_id}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-SignedHeaders": "host",
    }
    sorted_query = urlencode(sorted(asked.items()), quote_via=quote, safe="-_.~")
    host = urlsplit(account.endpoint).netloc
    place = quote(path, safe="/-_.~")
    canonical = f"{method}\n{place}\n{sorted_query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    to_sign = f"{_ALGORITHM}\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = b"AWS4" + account.secret_access_key.encode()
    for part in (*scope.split("/"), to_sign):
        key = hmac.digest(key, part.encode(), "sha256")
    return f"{place}?{sorted_query}&X-Amz-Signature={key.hex()}"


def send(account: Account, method: str, target: str, seconds: float) -> Answer:
    """Send one signed request; each wait of it lasts at most `seconds`.

    Raises:
        Unavailable: no answer in time, or none that is HTTP.
    """
    address = urlsplit(account.endpoint)
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    connection = kind(address.hostname or "", address.port, timeout=seconds)
    try:
        connection.request(method, target)
        answer = connection.getresponse()
        body = answer.read(_MOST_OCTETS).decode(errors="replace")
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, headers, body)
    except TimeoutError as fault:
        raise Unavailable(f"{account.endpoint}: answers late: over {seconds:g} s") from fault
    except (OSError, HTTPException) as fault:
        raise Unavailable(f"{account.endpoint}: is away: {fault}") from fault
    finally:
        connection.close()
