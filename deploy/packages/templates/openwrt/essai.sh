#!/bin/sh
# {{ site.code }} : lit, depuis le lieu, ce que la base ne voit pas. Rien n'est changé ni envoyé.
# Sur un ordinateur relié au Wi-Fi et pas encore connecté, ou sur la passerelle :
#   sh essai.sh
# puis coller ce qu'il écrit dans {{ portal_origin }}/console/lieux/{{ site.code }}/essai
set -u
portal={{ portal_origin | sh }}
host={{ portal_host | sh }}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# Lit une adresse sans suivre de renvoi, autant que possible ; écrit son code, 000 sans réponse.
fetch() {
	: >"$work/body"
	if command -v curl >/dev/null 2>&1; then
		# shellcheck disable=SC2086  # plusieurs options
		curl -q -s -m 10 ${SOCLE_CURL:-} -o "$work/body" -w '%{http_code}' "$1" 2>/dev/null || :
	elif wget -q -T 10 -O "$work/body" "$1" 2>/dev/null; then
		if [ -s "$work/body" ]; then echo 200; else echo 204; fi
	elif [ -s "$work/body" ]; then
		echo 200
	else
		echo 000
	fi
}

# Ce qu'une sonde a reçu : $2 est le code attendu de l'Internet ouvert, $3 ce que contient sa page.
heard() {
	code=$(fetch "$1")
	if [ "$code" = 000 ] || [ -z "$code" ]; then
		echo nothing
	elif [ "$code" = "$2" ] && grep -qF -e "$3" "$work/body"; then
		echo open
	elif [ "$code" = "$2" ] && [ -z "$3" ]; then
		echo open
	else
		echo redirected
	fi
}

addresses() {
{% if portal_is_address %}
	echo "$host"
{% else %}
	if command -v nslookup >/dev/null 2>&1; then
		nslookup "$host" 2>/dev/null |
			sed -n '/^Name:/,$ s/^Address[^:]*:[[:space:]]*\([0-9a-fA-F:.]*\).*/\1/p'
	else
		getent ahosts "$host" | cut -d' ' -f1 | sort -u
	fi
{% endif %}
}

echo 'socle-essai 1'
date +'date %s'
if [ -f /etc/openwrt_release ]; then machine=passerelle; else machine=appareil; fi
echo "machine $machine"
found=$(addresses)
for address in ${found:--}; do
	echo "nom $address"
done

code=$(fetch "$portal/essai")
base=$(sed -n '1 s/^socle \([0-9][0-9]*\)$/\1/p' "$work/body")
if [ "$code" = 200 ] && [ -n "$base" ]; then
	echo 'portail oui'
	echo "ecart $(($(date +%s) - base))"
else
	echo 'portail non'
fi

{% for host, document in provider_documents.items() %}
if [ "$(fetch {{ document | sh }})" = 200 ]; then
	echo {{ ("identite " ~ host ~ " oui") | sh }}
else
	echo {{ ("identite " ~ host ~ " non") | sh }}
fi
{% endfor %}
[ "$machine" = passerelle ] && exit 0
{% for probe in probes %}
echo "sonde {{ probe.code }} $(heard {{ probe.url | sh }} {{ probe.status }} {{ probe.body | sh }})"
{% endfor %}
