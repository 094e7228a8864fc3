set -eu
cd "$(dirname "$0")"

# Racine du routeur ; une autre n'a de sens que pour un essai.
root="${SOCLE_ROOT:-}"
# Ports Ethernet donnés aux usagers (bornes filaires), par exemple : GUEST_PORTS='lan3 lan4.20'
guest_ports="${GUEST_PORTS:-}"
portal_host={{ portal_host | sh }}

fail() {
	echo "Arrêt : $1" >&2
	exit 1
}

need() {
	command -v "$1" >/dev/null 2>&1 || fail "il manque $1 ; installez : {{ software | join(' ') }}"
}

# Les adresses IPv4 d'un nom ; une adresse est rendue telle quelle.
resolve() {
	case "$1" in
	*[!0-9.]*) nslookup "$1" 2>/dev/null |
		sed -n '/^Name:/,$ s/^Address[ 0-9]*:[[:space:]]*\([0-9][0-9.]*\)$/\1/p' ;;
	*) echo "$1" ;;
	esac
}

[ "$(id -u)" -eq 0 ] || fail "à lancer en tant que root, sur le routeur."
need uci
need nslookup
