# Chaque radio porte les réseaux publics, et leurs jumeaux chiffrés si elle sait.
radios="$(uci -q show wireless | sed -n 's/^wireless\.\([^.=]*\)=wifi-device$/\1/p')"
for radio in $radios; do
	sed "s/@radio@/$radio/g" wireless.uci | uci -q batch
done
{% if offer.enhanced_open %}
if hostapd -vowe >/dev/null 2>&1; then
	for radio in $radios; do
		sed "s/@radio@/$radio/g" wireless-owe.uci | uci -q batch
	done
else
	echo "OWE absent (wpad complet requis) : le Wi-Fi des usagers sera ouvert, sans chiffrement radio."
fi
{% endif %}
