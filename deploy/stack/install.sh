#!/usr/bin/env bash
# Installs Socle in a folder of its own, from this checkout or from a wheel.
#
# The folder holds releases/ (a Python environment each, every package by its locked hash),
# current -> the one in use, and bin/socle. A new release is made and tried beside the one in use,
# and takes its place in one step; the one before stays, so that going back is one link.
#
# Usage: install.sh [--wheel FILE] [FOLDER]        FOLDER: /opt/socle unless said otherwise
#        SOCLE_PYTHON=python3.12 install.sh        with another Python (3.11 or later)
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${SOCLE_PYTHON:-python3}
folder=/opt/socle
wheel=
export PIP_DISABLE_PIP_VERSION_CHECK=1

usage() { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }

fail() { # STATUS MESSAGE
    echo "install.sh: $2" >&2
    exit "$1"
}

read_arguments() {
    while (($#)); do
        case $1 in
            -h | --help) usage && exit 0 ;;
            --wheel)
                [[ -f ${2:-} ]] || fail 2 "--wheel expects a file"
                wheel=$(realpath "$2")
                shift
                ;;
            -*) fail 2 "unknown option $1 (see --help)" ;;
            *) folder=$1 ;;
        esac
        shift
    done
}

check_python() {
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        fail 2 "Python 3.11 or later is needed (SOCLE_PYTHON names another one than $python)"
    "$python" -c 'import ensurepip' 2>/dev/null ||
        fail 2 "Python's venv is missing: sudo apt-get install python3-venv"
}

install_in() { # ENVIRONMENT OPTION...: packages come built
    local environment=$1
    shift
    "$work/tools/bin/python" -m pip --python "$environment/bin/python" \
        install --quiet --only-binary :all: "$@"
}

make_tools() { # what installs and builds, at the versions of its own lock
    "$python" -m venv "$work/tools"
    install_in "$work/tools" --require-hashes -r "$here/requirements-build.txt"
}

build_wheel() { # into $work
    local checkout
    checkout=$(realpath "$here/../..")
    [[ -f $checkout/pyproject.toml ]] || fail 2 "no checkout around $here: name a file with --wheel"
    "$here/front-end.sh" "$checkout"
    echo "Building the wheel"
    (cd "$checkout" && "$work/tools/bin/python" -m hatchling build -t wheel -d "$work" >"$work/log" 2>&1) || {
        cat "$work/log" >&2
        fail 1 "the wheel could not be built from $checkout"
    }
    wheel=$(echo "$work"/socle-*.whl)
}

make_release() { # prints nothing; leaves $release ready and tried
    echo "Installing $(basename "$wheel") in $release"
    "$python" -m zipfile --extract "$wheel" "$work/content"
    "$python" -m venv --without-pip "$release"
    install_in "$release" --require-hashes -r "$work/content/deploy/stack/requirements.txt"
    install_in "$release" --no-deps --no-index "$wheel"
    "$release/bin/socle" --version >/dev/null || fail 1 "the new release does not start"
}

put_in_use() {
    local before
    before=$(readlink "$folder/current" || true)
    ln -s "releases/$(basename "$release")" "$folder/current.new"
    mv -T "$folder/current.new" "$folder/current"
    mkdir -p "$folder/bin"
    ln -sfn ../current/bin/socle "$folder/bin/socle"
    find "$folder/releases" -mindepth 1 -maxdepth 1 \
        ! -name "$(basename "$release")" ! -name "$(basename "${before:-none}")" -exec rm -rf {} +
}

clean_up() {
    rm -rf "$work"
    if [[ $(readlink "$folder/current") != "releases/$(basename "$release")" ]]; then
        rm -rf "$release" # the release in use stays as it was
    fi
}

read_arguments "$@"
check_python
mkdir -p "$folder/releases" || fail 1 "cannot write in $folder"
folder=$(cd "$folder" && pwd -P)
release=$folder/releases/$(date -u +%Y%m%dT%H%M%SZ)
work=$(mktemp -d)
mkdir "$release" || fail 1 "another installation runs in $folder"
trap clean_up EXIT

make_tools
[[ -n $wheel ]] || build_wheel
make_release
put_in_use
echo "Installed: $("$folder/bin/socle" --version), at $folder/bin/socle"
