"""A device's story in French, for the console (docs/lexique.md)."""

from territory.device_story.story import Verdict, Words
from territory.web.french import exact

_AGAIN = "Rouvrez la page de connexion."
_PAGE = (
    "Ouvrez une page quelconque sur l'appareil. Si la page de connexion ne vient pas, vérifiez sur"
    " la passerelle l'ACL de redirection et que la page de connexion y reste permise."
)
_COMPARE = (
    "Comparez le secret partagé du NAS avec celui de la description du territoire ; appliquez de"
    " nouveau la description, ou saisissez de nouveau le secret sur la passerelle."
)
_CLOCK = "Réglez l'horloge de la passerelle : un serveur de temps (NTP), puis un redémarrage."
_FIRMWARE = (
    "Mettez à jour la passerelle ; si cela continue, capturez ses paquets pour son fabricant."
)


def size(octets: int) -> str:
    """Return `1,5 Go`: decimal units."""
    for factor, unit in ((10**9, "Go"), (10**6, "Mo"), (10**3, "ko")):
        if octets >= factor:
            return f"{octets / factor:.1f}".replace(".", ",") + f"\u00a0{unit}"
    return f"{octets}\u00a0octets"


def span(seconds: int) -> str:
    """Return `3 h 05`, `4 min` or `12 s`."""
    if seconds >= 3600:
        return f"{seconds // 3600}\u00a0h\u00a0{seconds % 3600 // 60:02}"
    return f"{seconds // 60}\u00a0min" if seconds >= 60 else f"{seconds}\u00a0s"


FRENCH = Words(
    verdicts={
        Verdict.ONLINE: ("En ligne à {site} depuis le {since}, entendu le {heard}.", ""),
        Verdict.ONLINE_BLOCKED: (
            "En ligne à {site} bien qu'il soit bloqué ({why}).",
            "Déconnectez-le : la passerelle n'a pas exécuté le blocage.",
        ),
        Verdict.BLOCKED: (
            "Hors ligne : bloqué ({why}) par {by}.",
            "Levez le blocage s'il n'a plus lieu d'être.",
        ),
        Verdict.UNKNOWN: (
            "Rien n'a été vu de cet appareil pendant les jours non encore scellés.",
            "Vérifiez l'adresse : un téléphone en montre une autre à chaque réseau. Si la page de"
            " connexion ne s'ouvre pas non plus, la passerelle n'atteint pas le portail : voyez"
            " ci-dessous les paquets laissés sans réponse, et la page « Passerelles et bornes ».",
        ),
        Verdict.REFUSED: ("Hors ligne : refusé à {site}. {why}", "{advice}"),
        Verdict.AT_THE_PORTAL: (
            "Hors ligne : envoyé à la page de connexion par {nas}, à {site}.",
            _PAGE,
        ),
        Verdict.UNREPORTED: (
            "Admis à {site}, mais {nas} n'en a signalé aucune session depuis.",
            "Soit l'appareil est reparti aussitôt, soit la passerelle n'envoie pas de comptage :"
            " vérifiez-y le serveur et le port de comptage, et le pare-feu.",
        ),
        Verdict.SILENT: (
            "Hors ligne, autant qu'on sache : {nas}, à {site}, l'a signalé pour la dernière fois"
            " le {heard}.",
            "Si le lieu est vide, tout va bien. Si l'on se plaint, voyez si la passerelle a perdu"
            " le courant ou son lien. Rien n'empêche l'appareil de se reconnecter.",
        ),
        Verdict.OVER: ("Hors ligne : sa session à {site} est terminée. {cause}", _AGAIN),
        Verdict.WAITING: ("Hors ligne : il a une autorisation et ne s'en est pas servi.", _AGAIN),
    },
    events={
        "granted": "Autorisé à aller en ligne à {site} : formule {plan}, {method}, jusqu'au"
        " {until}.",
        "bound": "Première utilisation de ses identifiants à {site} : ils ne sont plus qu'à lui.",
        "revoked": "Son autorisation à {site} a été retirée ({why}).",
        "right_over": "Son autorisation à {site} a pris fin.",
        "accept": "Admis à {site} par {nas}. {why}",
        "reject": "Refusé à {site} par {nas}. {why}",
        "again": " {times} fois, jusqu'au {until}.",
        "started": "Session commencée à {site} ({nas}).",
        "heard": "Session à {site}, dernier relevé : {span}, {upload} montants, {download}"
        " descendants.",
        "silent": "{nas}, à {site}, a signalé sa session pour la dernière fois : {span}, {upload}"
        " montants, {download} descendants.",
        "silent_advice": "La passerelle n'a plus envoyé ses relevés : la session ne compte plus.",
        "ended": "Session terminée à {site} : {span}, {upload} montants, {download} descendants."
        " {cause}",
        "concluded": "Session tenue pour terminée à {site} : {span}, {upload} montants, {download}"
        " descendants. {cause}",
        "discarded": "{packets} paquets de {sender} laissés sans réponse jusqu'au {until} : {why}.",
        "blocked": "Bloqué par {by} {until} : {why}.",
        "block_until": "jusqu'au {until}",
        "no_end": "jusqu'à nouvel ordre",
        "block_over": "Le blocage a pris fin.",
        "disconnect": "Déconnexion demandée à la passerelle par {by} ; sa réponse :",
        "coa": "Changement de droits demandé à la passerelle par {by} ; sa réponse :",
        "reauthenticate": "Entrée demandée à la passerelle par {by} ; sa réponse :",
        "unanswered": "aucune encore",
    },
    reasons={
        "first_use": ("Première utilisation de ses identifiants.", ""),
        "shown_again": ("Il a montré de nouveau ses identifiants.", ""),
        "known_device": ("Reconnu par son adresse.", ""),
        "sent_to_portal": ("Envoyé à la page de connexion, rien d'autre ne lui est ouvert.", _PAGE),
        "from_memory": ("Admis de mémoire pendant une panne de la base de données.", ""),
        "wrong_password": (
            "Le mot de passe était faux.",
            "Le portail et RADIUS doivent avoir la même clé maîtresse ; l'usager ne saisit jamais"
            " ce mot de passe. Si une seule passerelle est concernée, son secret partagé est faux.",
        ),
        "malformed_password": ("Le mot de passe est illisible.", _COMPARE),
        "two_passwords": ("Il a montré deux mots de passe à la fois.", _FIRMWARE),
        "no_password": (
            "Il n'a montré aucun mot de passe.",
            "Réglez la passerelle sur PAP ou CHAP ; pour l'authentification par adresse MAC, sur"
            " la forme déclarée.",
        ),
        "eap_not_offered": (
            "Il a demandé EAP, qui n'est pas offert.",
            "Le réseau est en WPA-Entreprise : ouvrez-le, avec un portail captif.",
        ),
        "no_device": (
            "La passerelle n'a pas dit de quel appareil il s'agit.",
            "Faites envoyer par la passerelle Calling-Station-Id, avec l'adresse MAC.",
        ),
        "not_this_device": (
            "Il a donné pour nom l'adresse d'un autre appareil.",
            "Quelqu'un essaie peut-être l'adresse d'un autre.",
        ),
        "unknown_credential": ("Ses identifiants sont inconnus, ou oubliés depuis.", _AGAIN),
        "credential_expired": ("Ses identifiants n'ont pas servi à temps.", _AGAIN),
        "other_device": (
            "Ses identifiants sont à un autre appareil.",
            f"Le téléphone a peut-être changé d'adresse aléatoire. {_AGAIN}",
        ),
        "other_site": (
            "Ses identifiants sont d'un autre lieu.",
            "Si l'appareil n'a pas bougé, le NAS est décrit dans le mauvais lieu.",
        ),
        "ended": ("Son autorisation avait pris fin.", _AGAIN),
        "revoked": ("Son autorisation avait été retirée.", "Le journal d'audit dit par qui."),
        "used_up": (
            "Il avait épuisé son volume.",
            "Attendez la prochaine autorisation, ou changez la formule.",
        ),
        "unknown_device": ("Aucune autorisation n'est ouverte ici pour lui.", _AGAIN),
        "device_not_allowed": ("La formule n'admet pas un appareil par son adresse.", _AGAIN),
        "device_elsewhere": (
            "Il était en ligne dans un autre lieu.",
            "Il y est déconnecté, ou n'y est plus entendu : un nouvel essai passera.",
        ),
        "other_network": ("Son autorisation est d'un autre réseau.", _AGAIN),
        "blocked": ("Il est bloqué.", "« socle block list » dit par qui et jusqu'à quand."),
        "closed": ("Le lieu était fermé.", "Ses horaires sont dans la description du territoire."),
        "day_time_used": ("Il avait épuisé son temps du jour.", "Demain, il sera renouvelé."),
        "month_time_used": (
            "Il avait épuisé son temps du mois.",
            "Attendez le 1er du mois, ou changez la formule.",
        ),
        "day_volume_used": ("Il avait épuisé son volume du jour.", "Demain, il sera renouvelé."),
        "month_volume_used": (
            "Il avait épuisé son volume du mois.",
            "Attendez le 1er du mois, ou changez la formule.",
        ),
        "too_many_devices": (
            "Trop d'appareils du même usager étaient en ligne.",
            "Déconnectez-en un, ou changez la formule.",
        ),
        "other_mac_form": (
            "Il a montré une adresse MAC sous une forme que son NAS n'emploie pas.",
            "Quelqu'un l'a peut-être saisie ; sinon, déclarez la forme qu'emploie le NAS.",
        ),
        "unavailable": ("La base de données ne répondait pas.", "Voyez l'état des composants."),
        "plan_unknown": ("Sa formule n'était pas encore lue.", "Un nouvel essai passera."),
    },
    discards={
        "unknown-nas": (
            "aucun NAS n'a cette adresse",
            "Si c'est votre nouvelle passerelle, inscrivez « source_address: {address} » à son NAS"
            " dans la description du territoire, puis appliquez-la.",
        ),
        "clear-from-public": (
            "RADIUS en clair depuis une adresse publique",
            "Il est refusé, d'où qu'il vienne : donnez à la passerelle un tunnel, ou RadSec.",
        ),
        "unsigned": (
            "non signés (Message-Authenticator absent)",
            "Faites signer ses requêtes à la passerelle, ou n'exigez plus la signature"
            " (« require_message_authenticator: when-present ») tant qu'elle ne sait pas.",
        ),
        "unsigned-eap": ("EAP sans signature", "Faites signer ses requêtes à la passerelle."),
        "unsigned-proxy-state": (
            "Proxy-State sans signature",
            "Faites signer ses requêtes à la passerelle ou au relais.",
        ),
        "message-authenticator": ("la signature est fausse", _COMPARE),
        "request-authenticator": ("l'authentificateur est faux", _COMPARE),
        "text": ("un texte est illisible", _FIRMWARE),
        "attribute-value": ("une valeur est mal formée", _FIRMWARE),
        "acct-delay-time": ("un retard de plus de sept jours", _CLOCK),
        "acct-session-time": ("une session commencée avant 2020", _CLOCK),
        "acct-status-type": ("un type de relevé qui n'existe pas", _FIRMWARE),
        "acct-session-id": ("un relevé qui ne nomme pas de session", _FIRMWARE),
        "truncated": ("tronqués", "Cherchez un chemin de plus petit MTU vers la passerelle."),
        "length": ("la longueur annoncée est fausse", _FIRMWARE),
        "attribute-length": ("la longueur d'un attribut est fausse", _FIRMWARE),
        "code": (
            "un type de paquet qui n'est pas de ce port",
            "Échangez les deux ports sur la passerelle.",
        ),
    },
    causes={
        0: "La passerelle n'a pas dit pourquoi.",
        1: "L'usager s'est déconnecté.",
        2: "L'appareil a quitté le réseau.",
        3: "La passerelle ne pouvait plus le servir.",
        4: "L'appareil était inactif depuis trop longtemps.",
        5: "La session avait duré tout son temps.",
        6: "Un administrateur y a mis fin.",
        7: "Un administrateur a redémarré la passerelle.",
        8: "Le port de la passerelle a eu une panne.",
        9: "La passerelle a eu une panne.",
        10: "La passerelle y a mis fin.",
        11: "La passerelle a redémarré.",
        12: "Le port n'était plus nécessaire.",
        13: "Le port était nécessaire à un autre.",
        14: "Le port a été suspendu.",
        15: "La passerelle ne pouvait pas rendre le service.",
        16: "La passerelle rappelait.",
        17: "La saisie de l'usager était fausse.",
        18: "L'hôte l'a demandé.",
        19: "L'appareil a changé de borne ou de réseau.",
        20: "Il s'est authentifié de nouveau, en vain.",
        21: "Le port a été réinitialisé.",
        22: "Le port a été fermé par un administrateur.",
        -3: "Close par nous : la passerelle n'a plus envoyé ses relevés.",
        -7: "Close par nous : la passerelle a dit qu'elle s'arrêtait.",
        -11: "Close par nous : la passerelle a dit qu'elle avait redémarré.",
    },
    methods={
        "click_through": "sans identification",
        "email_code": "identifié par un code reçu par courriel",
        "sms_code": "identifié par un code reçu par SMS",
        "ticket": "avec un ticket",
        "account": "avec un compte",
        "openid_connect": "identifié par un fournisseur d'identité",
        "sponsor": "avec l'accord d'un hôte",
    },
    other_cause="Cause {cause}.",
    moment=exact,
    size=size,
    span=span,
)
