#!/usr/bin/env bash
# Unpacks the packages of group "later" (debian-packages.txt) into FOLDER, from the Debian release
# after this machine's: what a test runs that this release is too old to have. Nothing is installed.
#
# They come from the mirror apt is configured with, and are verified by apt with Debian's own keys;
# its lists lie beside them for that time, so that the machine's own stay as they are. Does nothing
# when they are there, or when the machine's own release has them.
#
# Usage: later-packages.sh FOLDER
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
suite=trixie # the first with openNDS 10
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

is_new_enough() { # the machine's own openNDS
    local version
    version=$(dpkg-query --show --showformat='${Version}' opennds-daemon 2>/dev/null) || return 1
    dpkg --compare-versions "$version" ge 10
}

rows() { # the group's packages, each with the path that shows it is unpacked
    sed -n 's/^later  *\([^ ]*\)  *\([^ ]*\)$/\1 \2/p' "$here/debian-packages.txt"
}

is_unpacked() { # FOLDER
    local package sign
    while read -r package sign; do
        compgen -G "$1/$sign" >/dev/null || return 1
    done < <(rows)
}

mirror() { # where this machine has its release from
    local codename
    codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    # shellcheck disable=SC2016 # apt's own words, not the shell's
    apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(SITE)' 'Created-By: Packages' |
        awk -v codename="$codename" '$1 == codename && $2 == "main" { print $3; exit }'
}

fail() {
    echo "openNDS 10, for the tests of its level 4, cannot be had: $1. Install it, or run this on Debian." >&2
    exit 1
}

apart() { # WORK COMMAND...: apt-get, with a state of its own
    local work=$1
    shift
    apt-get -qq -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
        -o Dir::State::Lists="$work/lists" -o Dir::State::Status=/dev/null \
        -o Dir::Cache="$work/cache" -o APT::Default-Release= -o APT::Sandbox::User= "$@"
}

main() {
    local folder=$1 work site package
    local -a packages
    if is_new_enough || is_unpacked "$folder"; then
        return
    fi
    command -v apt-get >/dev/null || fail "there is no apt-get"
    [[ -e $keyring ]] || fail "there is no $keyring"
    site=$(mirror)
    [[ -n $site ]] || fail "apt has no mirror of Debian"

    mapfile -t packages < <(rows | cut -d ' ' -f 1)
    echo "Unpacking from Debian $suite: ${packages[*]}"
    work=$folder.work
    rm -rf "$folder" "$work"
    mkdir -p "$work"/{lists,cache/archives,unpacked}
    echo "deb [signed-by=$keyring target=Packages lang=none] $site $suite main" >"$work/sources.list"
    apart "$work" update
    (cd "$work" && apart "$work" download "${packages[@]}")
    for package in "$work"/*.deb; do
        dpkg-deb --extract "$package" "$work/unpacked"
    done
    mv "$work/unpacked" "$folder"
    rm -rf "$work"
}

if (($# != 1)); then
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
    exit 2
fi
mkdir -p "$(dirname "$1")"
main "$(realpath "$1")"
