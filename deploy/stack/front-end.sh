#!/usr/bin/env bash
# Puts what the console's live page is made with (a map, curves) where the console finds it, from
# the lock: out of the checkout's node_modules where npm has made one of that very lock, else by npm.
#
# Without npm, or where npm reaches no registry, it says so and leaves: the page then works as a list,
# and says that the map is not installed. Nothing of it is ever committed.
#
# Usage: front-end.sh [CHECKOUT]        CHECKOUT: the one this script is in, unless said otherwise
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(realpath "${1:-$here/../..}")
folder=$checkout/portal/console/libraries
files=(
    leaflet/dist/leaflet.js
    leaflet/dist/leaflet.css
    leaflet/LICENSE
    uplot/dist/uPlot.iife.min.js
    uplot/dist/uPlot.min.css
    uplot/LICENSE
)

is_current() { # a stamp holds the digest of the lock it was made from
    (cd "$checkout" && sha256sum --check --status "$1" 2>/dev/null)
}

do_without() { # MESSAGE
    echo "front-end.sh: $1: the console's live page will have no map and no curves" >&2
    exit 0
}

fetch() { # into $work
    command -v npm >/dev/null || do_without "npm is missing"
    cp "$checkout/package.json" "$checkout/package-lock.json" "$work"
    [[ ! -f $checkout/.npmrc ]] || cp "$checkout/.npmrc" "$work"
    echo "Fetching the console's front-end libraries"
    (cd "$work" && npm ci --omit=dev --ignore-scripts --loglevel error >/dev/null) ||
        do_without "npm could not fetch what package-lock.json names"
    modules=$work/node_modules
}

put() {
    mkdir -p "$folder.new"
    for file in "${files[@]}"; do
        cp "$modules/$file" "$folder.new/$(name_of "$file")"
    done
    (cd "$checkout" && sha256sum package-lock.json) >"$folder.new/.made-from"
    rm -rf "$folder"
    mv "$folder.new" "$folder"
}

name_of() { # a licence is named after what it is of
    case $1 in
        */LICENSE) echo "LICENSE.${1%%/*}" ;;
        *) basename "$1" ;;
    esac
}

is_current "$folder/.made-from" && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work" "$folder.new"' EXIT
modules=$checkout/node_modules
is_current "$modules/.made-from" || fetch
put
