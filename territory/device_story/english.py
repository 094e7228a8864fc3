"""A device's story in English, for the command line."""

from datetime import UTC, datetime

from territory.device_story.story import Verdict, Words

_AGAIN = "Open the log-in page again."
_PAGE = (
    "Open any page on the device. If the log-in page does not come, check the redirect ACL on the"
    " gateway, and that it lets the log-in page through."
)
_COMPARE = (
    "Compare the shared secret of the NAS with the one in the territory's description;"
    " apply the description again, or type the secret again at the gateway."
)
_CLOCK = "Set the gateway's clock: give it a time server (NTP) and restart it."
_FIRMWARE = "Update the gateway's firmware; if it goes on, capture its packets for its maker."


def moment(instant: datetime) -> str:
    """Return `2026-11-20 14:00:05 UTC`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def size(octets: int) -> str:
    """Return `1.5 GB`: decimal units, as operators bill them."""
    for factor, unit in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if octets >= factor:
            return f"{octets / factor:.1f} {unit}"
    return f"{octets} octets"


def span(seconds: int) -> str:
    """Return `3 h 05 min`, `4 min` or `12 s`."""
    if seconds >= 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02} min"
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"


ENGLISH = Words(
    verdicts={
        Verdict.ONLINE: ("Online at {site} since {since}; last heard of {heard}.", ""),
        Verdict.ONLINE_BLOCKED: (
            "Online at {site} though it is blocked ({why}).",
            "Disconnect it: its gateway has not carried out the block.",
        ),
        Verdict.BLOCKED: (
            "Not online: it is blocked ({why}), by {by}.",
            "Lift the block in the console if it is no longer wanted.",
        ),
        Verdict.UNKNOWN: (
            "Nothing was seen of this device in the days not yet sealed.",
            "Check the address: a phone shows another one to each network. If the page does not"
            " open either, the gateway is not reaching the portal; see the packets left without"
            " an answer below, and `socle doctor`.",
        ),
        Verdict.REFUSED: ("Not online: refused at {site}. {why}", "{advice}"),
        Verdict.AT_THE_PORTAL: ("Not online: sent to the log-in page by {nas} at {site}.", _PAGE),
        Verdict.UNREPORTED: (
            "Let in at {site}, but {nas} has reported no session of it since.",
            "Either the device left at once, or the gateway sends no accounting: check its"
            " accounting server and port, and that the firewall lets them through.",
        ),
        Verdict.SILENT: (
            "Not online as far as can be known: {nas} at {site} last reported it {heard}.",
            "If the place is quiet, nothing is wrong. If people complain, see whether the gateway"
            " lost its power or its link. Nothing keeps the device from logging in again.",
        ),
        Verdict.OVER: ("Not online: its session at {site} is over. {cause}", _AGAIN),
        Verdict.WAITING: ("Not online: it has a right and has not used it yet.", _AGAIN),
    },
    events={
        "granted": "Granted a right to go online at {site}: plan {plan}, {method}, until {until}.",
        "bound": "First used its credential at {site}; from then on it is this device's alone.",
        "revoked": "Its right at {site} was ended early ({why}).",
        "right_over": "Its right at {site} was over.",
        "accept": "Let in at {site} by {nas}. {why}",
        "reject": "Refused at {site} by {nas}. {why}",
        "again": " {times} times, until {until}.",
        "started": "Session began at {site} ({nas}).",
        "heard": "Session at {site} last reported: {span}, {upload} sent, {download} received.",
        "silent": "{nas} at {site} reported its session for the last time:"
        " {span}, {upload} sent, {download} received.",
        "silent_advice": "The gateway has missed its reports; the session no longer counts.",
        "ended": "Session ended at {site}: {span}, {upload} sent, {download} received. {cause}",
        "concluded": "Session taken for ended at {site}: {span}, {upload} sent, {download}"
        " received. {cause}",
        "discarded": "{packets} packets of {sender} left without an answer until {until}: {why}.",
        "blocked": "Blocked by {by} {until}: {why}.",
        "block_until": "until {until}",
        "no_end": "until further notice",
        "block_over": "The block was over.",
        "disconnect": "{by} asked the gateway to disconnect it; the gateway's answer:",
        "coa": "{by} asked the gateway to change its rights; the gateway's answer:",
        "reauthenticate": "{by} asked the gateway to let it in; the gateway's answer:",
        "unanswered": "none yet",
    },
    reasons={
        "first_use": ("First use of its credential.", ""),
        "shown_again": ("It showed its credential again.", ""),
        "known_device": ("Recognised by its address.", ""),
        "sent_to_portal": ("Sent to the log-in page; nothing else is open to it.", _PAGE),
        "from_memory": ("Let in from memory while the database was away.", ""),
        "wrong_password": (
            "The password was wrong.",
            "The portal and RADIUS must hold the same master key; a guest never types this"
            " password. If one gateway alone does this, its shared secret is wrong.",
        ),
        "malformed_password": ("The password cannot be read.", _COMPARE),
        "two_passwords": ("It showed two passwords at once.", _FIRMWARE),
        "no_password": (
            "It showed no password.",
            "Set the gateway to PAP or CHAP; for MAC authentication, to the form declared for it.",
        ),
        "eap_not_offered": (
            "It asked for EAP, which is not offered.",
            "The network is set to WPA-Enterprise: set it to open, with a captive portal.",
        ),
        "no_device": (
            "The gateway did not say which device it is.",
            "Have the gateway send Calling-Station-Id with the device's MAC address.",
        ),
        "not_this_device": (
            "It showed the address of another device as its name.",
            "Somebody may be trying another device's address.",
        ),
        "unknown_credential": ("Its credential is unknown, or was forgotten long since.", _AGAIN),
        "credential_expired": ("Its credential was not used in time.", _AGAIN),
        "other_device": (
            "Its credential is another device's.",
            f"The phone may have changed its random address: {_AGAIN}",
        ),
        "other_site": (
            "Its credential is for another site.",
            "If the device has not moved, the NAS is described at the wrong site.",
        ),
        "ended": ("Its right was over.", _AGAIN),
        "revoked": ("Its right was ended early.", "See who ended it, and why, in the audit log."),
        "used_up": ("It had used up its data.", "Wait for the next right, or change the plan."),
        "unknown_device": ("No right of it is open here.", _AGAIN),
        "device_not_allowed": ("The plan does not let devices back in by their address.", _AGAIN),
        "device_elsewhere": (
            "It was online in another place.",
            "Once it is disconnected there, or no longer heard of, another try will pass.",
        ),
        "other_network": ("Its right is for another network.", _AGAIN),
        "blocked": ("It is blocked.", "`socle block list` tells by whom and until when."),
        "closed": ("The place was closed.", "Its hours are in the territory's description."),
        "day_time_used": ("It had used up its time for the day.", "Tomorrow it is renewed."),
        "month_time_used": (
            "It had used up its time for the month.",
            "Wait for the 1st of the month, or change the plan.",
        ),
        "day_volume_used": ("It had used up its data for the day.", "Tomorrow it is renewed."),
        "month_volume_used": (
            "It had used up its data for the month.",
            "Wait for the 1st of the month, or change the plan.",
        ),
        "too_many_devices": (
            "Too many devices of the same guest were online.",
            "Disconnect one, or change the plan.",
        ),
        "other_mac_form": (
            "It showed a MAC address in a form its NAS does not use.",
            "A person may have typed it; else declare the NAS's form of MAC authentication.",
        ),
        "unavailable": ("The database was away.", "See `socle doctor`."),
        "plan_unknown": ("Its plan had not been read yet.", "It passes when it is tried again."),
    },
    discards={
        "unknown-nas": (
            "no NAS has this address",
            "If this is your new gateway, add `source_address: {address}` to its NAS and apply.",
        ),
        "clear-from-public": (
            "clear RADIUS from a public address",
            "It is refused wherever it comes from: give the gateway a tunnel, or RadSec.",
        ),
        "unsigned": (
            "not signed (no Message-Authenticator)",
            "Have the gateway sign its requests, or set `require_message_authenticator:"
            " when-present` until it can.",
        ),
        "unsigned-eap": ("EAP without a signature", "Have the gateway sign its requests."),
        "unsigned-proxy-state": (
            "Proxy-State without a signature",
            "Have the gateway or proxy sign its requests.",
        ),
        "message-authenticator": ("the signature is wrong", _COMPARE),
        "request-authenticator": ("the authenticator is wrong", _COMPARE),
        "text": ("a text cannot be read", _FIRMWARE),
        "attribute-value": ("a value is malformed", _FIRMWARE),
        "acct-delay-time": ("a delay of more than seven days", _CLOCK),
        "acct-session-time": ("a session begun before 2020", _CLOCK),
        "acct-status-type": ("a kind of record that does not exist", _FIRMWARE),
        "acct-session-id": ("a record that names no session", _FIRMWARE),
        "truncated": ("cut off", "Look for a path with a smaller MTU to the gateway."),
        "length": ("the length is wrong", _FIRMWARE),
        "attribute-length": ("an attribute's length is wrong", _FIRMWARE),
        "code": ("a kind of packet that is not for this port", "Swap the gateway's two ports."),
    },
    causes={
        0: "The gateway gave no cause.",
        1: "The guest logged out.",
        2: "The device left the network.",
        3: "The gateway could no longer serve it.",
        4: "The device was idle for too long.",
        5: "The session had lasted as long as it may.",
        6: "An administrator ended it.",
        7: "An administrator restarted the gateway.",
        8: "The gateway's port failed.",
        9: "The gateway failed.",
        10: "The gateway ended it.",
        11: "The gateway restarted.",
        12: "The port was no longer needed.",
        13: "The port was needed for another.",
        14: "The port was suspended.",
        15: "The gateway could not provide the service.",
        16: "The gateway was calling back.",
        17: "The guest's input was wrong.",
        18: "The host asked for it.",
        19: "The device roamed or changed its network.",
        20: "It authenticated again and failed.",
        21: "The port began anew.",
        22: "The port was shut by an administrator.",
        -3: "Closed by us: the gateway missed its reports.",
        -7: "Closed by us: the gateway said that it was shutting down.",
        -11: "Closed by us: the gateway said that it had restarted.",
    },
    methods={
        "click_through": "without identification",
        "email_code": "identified by an e-mail code",
        "sms_code": "identified by an SMS code",
        "ticket": "with a ticket",
        "account": "with an account",
        "openid_connect": "vouched for by an identity provider",
        "sponsor": "approved by a host",
    },
    other_cause="Cause {cause}.",
    moment=moment,
    size=size,
    span=span,
)
