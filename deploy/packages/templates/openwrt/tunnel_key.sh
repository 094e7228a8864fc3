
# La clé privée du tunnel naît sur le routeur et n'en sort pas.
key="$root/etc/socle-tunnel.key"
mkdir -p "$root/etc"
[ -s "$key" ] || (umask 077 && wg genkey >"$key")
uci set "network.socle_tunnel.private_key=$(cat "$key")"
