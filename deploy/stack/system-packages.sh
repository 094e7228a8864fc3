#!/usr/bin/env bash
# Makes the system packages of the named groups present: does nothing when they are, installs them
# when allowed (root, or sudo without a password), else names exactly what is missing.
#
# What it installs never starts: not now (policy-rc.d says no during the installation, and is put
# back as it was), not at the next boot (the units that came along are disabled). The tests start
# what they need themselves, on loopback or in namespaces of their own.
#
# Usage: system-packages.sh GROUP...      groups: run, test, bench (see debian-packages.txt)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
list=$here/debian-packages.txt
policy=/usr/sbin/policy-rc.d
mark='written by system-packages.sh for the time of one installation'
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

is_present() { # SIGN
    case $1 in
        python:*) python3 -c "import ${1#python:}" 2>/dev/null ;;
        /*) compgen -G "$1" >/dev/null ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

missing_packages() { # GROUP...: one a line, alternatives still in it
    local group package sign
    while read -r group package sign; do
        [[ " $* " == *" $group "* ]] || continue
        is_present "$sign" || echo "$package"
    done < <(grep -v -e '^#' -e '^$' "$list")
}

first_known() { # PACKAGE|ALTERNATIVE: the first one that this release has
    local name
    for name in ${1//|/ }; do
        if apt-cache show --no-all-versions "$name" >/dev/null 2>&1; then
            echo "$name"
            return
        fi
    done
    echo "${1%%|*}"
}

name_missing() { # PACKAGE...
    {
        echo "These system packages are missing: $*"
        echo "Install them, then try again:"
        echo "    sudo apt-get update && sudo apt-get install --no-install-recommends $*"
    } >&2
    exit 1
}

restore_policy() {
    if [[ -e $policy.before-socle ]]; then
        mv -f "$policy.before-socle" "$policy"
    else
        rm -f "$policy"
    fi
}

forbid_starts() {
    if grep -qs "$mark" "$policy"; then
        restore_policy # left by a run that was killed
    fi
    if [[ -x $policy ]] && ! "$policy" socle start >/dev/null 2>&1; then
        return # a container's own policy already says no
    fi
    if [[ -e $policy ]]; then
        mv "$policy" "$policy.before-socle"
    fi
    trap restore_policy EXIT
    printf '#!/bin/sh\n# %s\nexit 101\n' "$mark" >"$policy"
    chmod 755 "$policy"
}

installed() { dpkg-query --show --showformat='${Package}\n' | sort -u; }

disable_units() { # reads package names
    command -v systemctl >/dev/null || return 0
    local package unit
    while read -r package; do
        while read -r unit; do
            systemctl --quiet disable "$(basename "$unit")" 2>/dev/null || true
        done < <(dpkg-query --listfiles "$package" | grep -E '/systemd/system/[^/@]+\.(service|socket|timer)$')
    done
}

main() {
    local -a missing packages=()
    local name before lock
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0

    if ! command -v apt-get >/dev/null; then
        name_missing "${missing[@]%%|*}"
    fi
    if ((EUID != 0)); then
        if sudo -n true 2>/dev/null; then
            exec sudo -n bash "$here/system-packages.sh" "$@"
        fi
        name_missing "${missing[@]%%|*}"
    fi

    exec {lock}<"$list"
    flock "$lock" # beside another one: wait, then see what is left to do
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0

    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq -o DPkg::Lock::Timeout=300 update
    for name in "${missing[@]}"; do
        packages+=("$(first_known "$name")")
    done
    echo "Installing system packages: ${packages[*]}"
    before=$(installed)
    forbid_starts
    apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
        install --no-install-recommends "${packages[@]}" >/dev/null
    comm -13 <(echo "$before") <(installed) | disable_units
}

if (($# == 0)); then
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
    exit 2
fi
main "$@"
