"""The numbers RADIUS is made of, under the RFCs' own names.

The hot path reads attributes by number, without a dictionary; a test holds that every number here
is the one the dictionaries give.
"""

from enum import IntEnum
from typing import Final

MIN_PACKET_OCTETS: Final = 20
"""RFC 2865 §3."""
MAX_PACKET_OCTETS: Final = 4096
"""RFC 2865 §3."""
MAX_VALUE_OCTETS: Final = 253
"""RFC 2865 §5: the length octet also counts type and length."""


class Code(IntEnum):
    """What a packet is (RFC 2865 §3, RFC 2866 §3, RFC 5997 §2.1, RFC 5176 §2.3)."""

    ACCESS_REQUEST = 1
    ACCESS_ACCEPT = 2
    ACCESS_REJECT = 3
    ACCOUNTING_REQUEST = 4
    ACCOUNTING_RESPONSE = 5
    STATUS_SERVER = 12
    DISCONNECT_REQUEST = 40
    DISCONNECT_ACK = 41
    DISCONNECT_NAK = 42
    COA_REQUEST = 43
    COA_ACK = 44
    COA_NAK = 45


class Status(IntEnum):
    """Acct-Status-Type (RFC 2866 §5.1)."""

    START = 1
    STOP = 2
    INTERIM_UPDATE = 3
    ACCOUNTING_ON = 7
    ACCOUNTING_OFF = 8


# Attributes, each a plain int: a lookup by an enumeration's member costs twice as much.
USER_NAME: Final = 1
USER_PASSWORD: Final = 2
CHAP_PASSWORD: Final = 3
NAS_IP_ADDRESS: Final = 4
SERVICE_TYPE: Final = 6
FRAMED_IP_ADDRESS: Final = 8
REPLY_MESSAGE: Final = 18
STATE: Final = 24
CLASS: Final = 25
VENDOR_SPECIFIC: Final = 26
SESSION_TIMEOUT: Final = 27
TERMINATION_ACTION: Final = 29
CALLED_STATION_ID: Final = 30
CALLING_STATION_ID: Final = 31
NAS_IDENTIFIER: Final = 32
PROXY_STATE: Final = 33
ACCT_STATUS_TYPE: Final = 40
ACCT_DELAY_TIME: Final = 41
ACCT_INPUT_OCTETS: Final = 42
ACCT_OUTPUT_OCTETS: Final = 43
ACCT_SESSION_ID: Final = 44
ACCT_SESSION_TIME: Final = 46
ACCT_TERMINATE_CAUSE: Final = 49
ACCT_INPUT_GIGAWORDS: Final = 52
ACCT_OUTPUT_GIGAWORDS: Final = 53
EVENT_TIMESTAMP: Final = 55
CHAP_CHALLENGE: Final = 60
EAP_MESSAGE: Final = 79
MESSAGE_AUTHENTICATOR: Final = 80
CHARGEABLE_USER_IDENTITY: Final = 89
NAS_IPV6_ADDRESS: Final = 95
FRAMED_IPV6_PREFIX: Final = 97
ERROR_CAUSE: Final = 101
FRAMED_IPV6_ADDRESS: Final = 168

CALL_CHECK: Final = 10
"""Service-Type of a request that shows a MAC address instead of a password (RFC 2865 §5.6)."""
