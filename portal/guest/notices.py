"""What a page opens with when something happened: what, and what to do next. One row a case.

The words come from us, never from a gateway: RADIUS ends its Reply-Message with a reason in
brackets, which is looked up here, and anything unknown falls back to what the gateway's own
answer means.
"""

import re
from dataclasses import dataclass

from portal.gateways.vocabulary import Arrival, Refusal
from territory.rules.quotas import Stop
from territory.web.problems import N_

_REASON = re.compile(r"\[([a-z_]{1,40})\]\s*$")


@dataclass(frozen=True, slots=True)
class Notice:
    """What a guest reads; both texts are message ids."""

    title: str
    """What happened."""
    advice: str
    """What to do next."""
    is_bad: bool = True
    """Whether it is a failure, or just news."""


_AGAIN = N_("Appuyez de nouveau sur le bouton.")
_TOMORROW = N_("Vous pourrez vous reconnecter demain.")
_NEXT_MONTH = N_("Vous pourrez vous reconnecter le 1er du mois prochain.")
OPENS = N_("Il ouvre {when}.")
"""What a closed place says instead of its advice, where it is known."""
_TOO_OLD = Notice(
    N_("La connexion n'a pas marché."),
    N_("Appuyez de nouveau sur le bouton. Si cela se répète, coupez puis remettez le Wi-Fi."),
)

NOTICES = {
    "left": Notice(
        N_("Vous êtes déconnecté."),
        N_("Vous pouvez revenir quand vous voulez."),
        is_bad=False,
    ),
    "terms": Notice(
        N_("Les conditions d'utilisation ont changé."),
        N_("Lisez-les, puis appuyez sur le bouton."),
        is_bad=False,
    ),
    "away": Notice(
        N_("Le service ne marche pas en ce moment."),
        N_("Votre demande n'est pas perdue. Attendez une minute, puis appuyez sur le bouton."),
    ),
    "equipment": Notice(
        N_("La borne Wi-Fi du lieu ne répond pas."),
        N_("Attendez une minute, puis appuyez sur le bouton. Sinon, prévenez l'accueil du lieu."),
    ),
    "no_messages": Notice(
        N_("Ce lieu n'envoie pas de code en ce moment."),
        N_("Choisissez un autre moyen, ou demandez à l'accueil du lieu."),
    ),
    "too_many_messages": Notice(
        N_("Trop de codes ont été demandés aujourd'hui."),
        N_("Choisissez un autre moyen, ou revenez demain."),
    ),
    "sms_gone": Notice(
        N_("Ce lieu ne peut plus envoyer de SMS pour le moment."),
        N_("Choisissez un autre moyen, ou demandez à l'accueil du lieu."),
    ),
    "code_over": Notice(
        N_("Ce code ne marche plus."),
        N_("Demandez-en un autre : il arrive en une minute."),
    ),
    Refusal.REJECTED.value: _TOO_OLD,
    Refusal.NO_ANSWER.value: Notice(
        N_("Le service n'a pas répondu à temps."),
        N_("Attendez une minute, puis appuyez de nouveau sur le bouton."),
    ),
    Refusal.IN_USE.value: Notice(
        N_("Cette connexion est déjà utilisée."),
        N_("Attendez une minute, puis appuyez de nouveau sur le bouton."),
    ),
    Refusal.SHUT_OUT.value: Notice(
        N_("La borne Wi-Fi refuse votre appareil pour quelques minutes."),
        N_("Attendez cinq minutes, puis appuyez de nouveau sur le bouton."),
    ),
    Refusal.NOT_SET_UP.value: Notice(
        N_("La borne Wi-Fi n'est pas réglée pour cette page."),
        N_("Prévenez l'accueil du lieu."),
    ),
    Refusal.OTHER.value: Notice(
        N_("La borne Wi-Fi a eu un problème."),
        N_("Appuyez de nouveau sur le bouton. Si cela se répète, prévenez l'accueil du lieu."),
    ),
    "ended": Notice(N_("Votre temps de connexion est terminé."), _AGAIN, is_bad=False),
    "revoked": Notice(
        N_("Votre connexion précédente a été arrêtée."),
        N_("Appuyez de nouveau sur le bouton. En cas de doute, demandez à l'accueil du lieu."),
    ),
    "used_up": Notice(
        N_("Vous avez utilisé tout votre volume de données."),
        N_("Vous pourrez vous reconnecter à la fin de votre temps de connexion."),
    ),
    Stop.CLOSED.value: Notice(
        N_("Le Wi-Fi de ce lieu est fermé à cette heure."),
        N_("Revenez aux heures d'ouverture du lieu."),
        is_bad=False,
    ),
    Stop.DAY_TIME.value: Notice(
        N_("Vous avez utilisé tout votre temps de connexion d'aujourd'hui."), _TOMORROW
    ),
    Stop.DAY_VOLUME.value: Notice(
        N_("Vous avez utilisé tout votre volume de données d'aujourd'hui."), _TOMORROW
    ),
    Stop.MONTH_TIME.value: Notice(
        N_("Vous avez utilisé tout votre temps de connexion du mois."), _NEXT_MONTH
    ),
    Stop.MONTH_VOLUME.value: Notice(
        N_("Vous avez utilisé tout votre volume de données du mois."), _NEXT_MONTH
    ),
    Stop.DEVICES.value: Notice(
        N_("Trop de vos appareils sont déjà connectés."),
        N_("Déconnectez-en un, puis appuyez de nouveau sur le bouton."),
    ),
    Stop.BLOCKED.value: Notice(
        N_("Cet appareil ne peut pas se connecter à ce Wi-Fi."),
        N_("Adressez-vous à l'accueil du lieu."),
    ),
    "device_elsewhere": Notice(N_("Cet appareil est déjà en ligne dans un autre lieu."), _AGAIN),
    "other_site": Notice(N_("Cette connexion a été ouverte dans un autre lieu."), _AGAIN),
    "elsewhere": Notice(
        N_("Cette page doit être ouverte depuis le Wi-Fi du lieu."),
        N_("Coupez les données mobiles et le VPN, puis appuyez de nouveau sur le bouton."),
    ),
    "sponsor_refused": Notice(
        N_("La personne que vous avez nommée a répondu non."),
        N_("Demandez à quelqu'un d'autre, ou à l'accueil du lieu."),
    ),
    "sponsor_cancelled": Notice(
        N_("Votre demande est annulée."), N_("Choisissez un autre moyen, ou demandez de nouveau.")
    ),
    "sponsor_over": Notice(
        N_("Votre demande est trop vieille."),
        N_("Rien n'est perdu. Recommencez au début."),
    ),
    "proven_another": Notice(
        N_("Ce n'est pas ce qui vous a ouvert cette connexion."),
        N_("Votre connexion reste ouverte. Vous pouvez essayer de nouveau."),
    ),
    "openid_over": Notice(
        N_("Le temps est passé, ou le code était faux trop de fois."),
        N_("Rien n'est perdu. Recommencez au début."),
    ),
    "no_device": Notice(
        N_("La borne Wi-Fi n'a pas reconnu votre appareil."),
        N_("Prévenez l'accueil du lieu."),
    ),
}
"""By the word a visit carries."""


def notice_of(arrival: Arrival) -> str:
    """Return the word for a refused arrival: RADIUS's own reason if known, else the gateway's."""
    found = _REASON.search(arrival.reply)
    if found and found[1] in NOTICES:
        return found[1]
    return (arrival.refusal or Refusal.OTHER).value
