"""What protects personal data in the base, as the record and the impact assessment say it."""

from typing import Final

MEASURES: Final = (
    (
        "Ne pas recueillir",
        "Par défaut un clic suffit : ni nom, ni adresse, ni numéro. Rien n'est gardé de ce qui est"
        " consulté : aucune colonne n'existe pour cela.",
    ),
    (
        "Séparer",
        "Chaque catégorie a son schéma, ses droits et ses clés. Le portail écrit une identité et"
        " ne peut pas la relire ; il ne peut pas la joindre au trafic.",
    ),
    (
        "Sceller",
        "Deux jours après sa fin, une journée quitte la base, chiffrée. Ni l'administrateur du"
        " serveur ni un dépositaire seul ne peut la lire : il en faut deux.",
    ),
    (
        "Effacer et le prouver",
        "Au jour dit, la clé de la journée est détruite ; un manifeste signé et chaîné le prouve.",
    ),
    (
        "Habiliter",
        "Un rôle par personne, fermé par défaut ; un agent ne voit que les lieux de son organisme."
        " Mots de passe gardés en Argon2id, liens à usage unique.",
    ),
    (
        "Tracer",
        "Chaque lecture de données personnelles est une ligne d'un journal chaîné, que personne ne"
        " peut réécrire sans que cela se voie.",
    ),
    (
        "Chiffrer les échanges",
        "Pages en https ; RADIUS par tunnel ou TLS, signé ; jamais en clair depuis Internet.",
    ),
    (
        "Protéger les secrets",
        "Secrets et adresses de contact sont chiffrés en base par une clé qui n'y est pas.",
    ),
    (
        "Ne rien dire de personne",
        "Les mesures et les journaux techniques ne portent ni adresse, ni nom ; les petits comptes"
        " sont masqués dans les statistiques.",
    ),
    (
        "Dater",
        "Horloge surveillée : après un saut, rien n'est scellé ni effacé.",
    ),
)
"""A short name, then what is done."""
