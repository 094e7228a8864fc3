portal_addresses="$(resolve "$portal_host")"
[ -n "$portal_addresses" ] || fail "le nom $portal_host n'a pas d'adresse ; le routeur a-t-il Internet ?"

if command -v sysupgrade >/dev/null 2>&1; then
	sysupgrade -b "$root/root/avant-socle.tar.gz"
	echo "Sauvegarde : /root/avant-socle.tar.gz (sysupgrade -r pour revenir en arrière)"
fi

# Relancer ce script donne le même résultat : tout ce qui est à nous est refait.
{
	for file in network firewall wireless; do
		uci -q show "$file" | sed -n "s/^\($file\.socle_[^.=]*\)=.*/delete \1/p"
	done
	echo "delete system.ntp"
	cat settings.uci
	for port in $guest_ports; do
		echo "add_list network.socle_guest_device.ports=$port"
	done
	for address in $portal_addresses; do
		echo "add_list firewall.socle_portal.dest_ip=$address"
	done
} | uci -q batch

# Les ports de chaque appareil, s'ils sont partagés ici : fw4 lit ce fichier avec les siens.
mkdir -p "$root/etc/nftables.d"
if [ -f files/etc/nftables.d/10-socle-ports.nft ]; then
	cp files/etc/nftables.d/10-socle-ports.nft "$root/etc/nftables.d/"
	grep -qx '/etc/nftables.d/10-socle-ports.nft' "$root/etc/sysupgrade.conf" 2>/dev/null ||
		echo '/etc/nftables.d/10-socle-ports.nft' >>"$root/etc/sysupgrade.conf"
else
	rm -f "$root/etc/nftables.d/10-socle-ports.nft"
fi
