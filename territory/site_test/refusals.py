"""Why the portal did not believe a redirect, for a technician: cause and remedy by reason. Pure.

The reasons are those of `ProtocolError` in the portal's adapters; what has no row of its own is a
parameter that cannot be read.
"""

from typing import Final

_OTHER_SECRET: Final = (
    "La passerelle renvoie les téléphones, mais sa signature est fausse : son secret de portail"
    " diffère du nôtre, ou l'adresse du portail y est écrite autrement.",
    "Saisissez dans la passerelle le secret (uamsecret, faskey) et l'adresse du portail du dossier"
    " du lieu, au caractère près (socle site render).",
)
_REFUSALS: Final = {
    "bad-signature": _OTHER_SECRET,
    "bad-payload": _OTHER_SECRET,
    "bad-hid": _OTHER_SECRET,
    "unsigned": (
        "La passerelle renvoie les téléphones sans signer, alors qu'un secret de portail est"
        " convenu.",
        "Saisissez dans la passerelle le secret du dossier du lieu (uamsecret, faskey).",
    ),
    "no-secret": (
        "La base n'a pas de secret de portail pour cette passerelle.",
        "Appliquez de nouveau la description du territoire : un secret sera tiré.",
    ),
    "stale": (
        "La passerelle date ses renvois d'une autre heure : son horloge est fausse.",
        "Réglez son serveur de temps (NTP) et laissez sortir le port UDP 123.",
    ),
    "foreign-address": (
        "La passerelle donne pour se connecter une adresse qui n'est pas la sienne dans la"
        " description : nous n'y envoyons aucun identifiant.",
        "Corrigez login_address dans la description du territoire, ou l'adresse de connexion"
        " (uamlisten, adresse de la borne) dans la passerelle.",
    ),
    "foreign-access-point": (
        "Le renvoi nomme une borne qui n'est pas inscrite dans ce lieu.",
        "Inscrivez l'adresse MAC de cette borne dans la description du lieu.",
    ),
    "foreign-source": (
        "Le renvoi vient d'une adresse qui n'est pas celle du lieu.",
        "Inscrivez l'adresse publique du lieu dans la description.",
    ),
    "oversized": (
        "Le renvoi est plus long qu'aucune passerelle n'en fait.",
        "Vérifiez que rien ne réécrit les adresses entre la passerelle et le portail.",
    ),
}
_UNREADABLE: Final = (
    "La passerelle renvoie les téléphones avec un paramètre que nous ne savons pas lire",
    "Vérifiez que la description porte la bonne marque et la bonne variante, et qu'aucun"
    " intermédiaire ne réécrit l'adresse.",
)


def why_refused(reason: str) -> tuple[str, str]:
    """Return cause and remedy of a refused redirect."""
    if reason in _REFUSALS:
        return _REFUSALS[reason]
    cause, remedy = _UNREADABLE
    return f"{cause} ({reason}).", remedy
