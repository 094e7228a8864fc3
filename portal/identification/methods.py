"""Every way of identifying oneself that the portal has, by its name, and what its page does."""

from collections.abc import Mapping
from typing import Final

from portal.identification.account import ByAccount
from portal.identification.click_through import ClickThrough
from portal.identification.email_code import EmailCode
from portal.identification.method import Method
from portal.identification.openid_connect import ByProvider
from portal.identification.sms_code import SmsCode
from portal.identification.sponsor import BySponsor
from portal.identification.ticket import ByTicket
from territory.vocabulary import IdentificationMethod

METHODS: Mapping[IdentificationMethod, Method] = {
    method.name: method
    for method in (
        ClickThrough(),
        EmailCode(),
        SmsCode(),
        ByProvider(),
        ByAccount(),
        ByTicket(),
        BySponsor(),
    )
}
ANSWERED_ELSEWHERE: Final = frozenset({IdentificationMethod.SPONSOR})
"""Somebody else brings the proof: the page that awaits it looks again by itself."""
