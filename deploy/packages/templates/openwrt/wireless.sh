enhanced=0
{% if offer.enhanced_open %}
if hostapd -vowe >/dev/null 2>&1; then
	enhanced=1
else
	echo "OWE absent (wpad complet requis) : le wifi des visiteurs sera ouvert, sans chiffrement radio."
fi
{% endif %}

# radio, rang, nom du réseau, nom caché de son jumeau chiffré
add_network() {
	open="socle_open_$2_$1"
	uci set "wireless.$open=wifi-iface"
	uci set "wireless.$open.device=$1"
	uci set "wireless.$open.mode=ap"
	uci set "wireless.$open.network=socle_guest"
	uci set "wireless.$open.ssid=$3"
	uci set "wireless.$open.encryption=none"
	uci set "wireless.$open.isolate=1"
	uci set "wireless.$open.ifname=so$2-$1"
	[ "$enhanced" = 1 ] || return 0
	twin="socle_owe_$2_$1"
	uci set "wireless.$twin=wifi-iface"
	uci set "wireless.$twin.device=$1"
	uci set "wireless.$twin.mode=ap"
	uci set "wireless.$twin.network=socle_guest"
	uci set "wireless.$twin.ssid=$4"
	uci set "wireless.$twin.hidden=1"
	uci set "wireless.$twin.encryption=owe"
	uci set "wireless.$twin.ieee80211w=2"
	uci set "wireless.$twin.isolate=1"
	uci set "wireless.$twin.ifname=sc$2-$1"
	uci set "wireless.$open.owe_transition_ifname=sc$2-$1"
	uci set "wireless.$twin.owe_transition_ifname=so$2-$1"
}

for radio in $(uci -q show wireless | sed -n 's/^wireless\.\([^.=]*\)=wifi-device$/\1/p'); do
	uci set "wireless.$radio.country={{ offer.country }}"
	uci set "wireless.$radio.disabled=0"
{% for open_ssid, hidden_ssid in networks %}
	add_network "$radio" {{ loop.index }} {{ open_ssid | sh }} {{ hidden_ssid | sh }}
{% endfor %}
done
