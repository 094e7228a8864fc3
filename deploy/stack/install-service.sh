#!/usr/bin/env bash
# Makes an installed folder a service of this machine: the account `socle`, /etc/socle/socle.toml
# (kept if it is there), /var/lib/socle, and the systemd unit. Nothing starts yet: settings first.
#
# Usage (as root): install-service.sh [FOLDER]     FOLDER: where install.sh put Socle, /opt/socle
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(realpath "${1:-/opt/socle}")

[[ -x $folder/bin/socle ]] || {
    echo "install-service.sh: no Socle in $folder: run install.sh $folder first" >&2
    exit 2
}

getent passwd socle >/dev/null ||
    useradd --system --user-group --home-dir /var/lib/socle --shell /usr/sbin/nologin socle
install -d -m 750 -g socle /etc/socle
if [[ ! -e /etc/socle/socle.toml ]]; then
    install -m 640 -g socle "$here/socle.toml" /etc/socle/socle.toml
fi
sed "s|/opt/socle|$folder|g" "$here/socle.service" >/etc/systemd/system/socle.service
if [[ -d /run/systemd/system ]]; then
    systemctl daemon-reload
fi
cat <<'END'
Write in /etc/socle/socle.toml:
  database.url       the database's address
  portal.public_url  https, as phones reach the portal; with its TLS files or trusted_proxies
then: systemctl enable --now socle
END
