#!/bin/sh
# setup.sh [build|demo|test]: installs what is missing on a Debian machine, and nothing else.
#
#   build   what the library and the command are built with
#   demo    build, and the data of "make demo": Fashion-MNIST, and photographs in demo-data/
#   test    build, and what the tests use
#
# It may be run again at any time; when everything is there it does nothing and needs no network.
# shellcheck disable=SC2086 # package lists are split into words on purpose
set -eu

cd "$(dirname "$0")/.."

build_packages='cmake gcc libc6-dev make pkg-config libpng-dev libjpeg62-turbo-dev zlib1g-dev libcairo2-dev'
demo_packages='fontconfig-config dataset-fashion-mnist'
test_packages='libcmocka-dev clang python3-numpy'

# The photographs come from one package that would bring a hundred others: it is unpacked here, not installed.
photo_package=python3-skimage
photo_folder=usr/lib/python3/dist-packages/skimage/data
photos='astronaut.png coffee.png chelsea.png'

say() { echo "setup: $*"; }

die() {
    echo "setup: $*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        die "'$*' needs root: run it as root, or install sudo"
    fi
}

is_installed() {
    dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q ' installed$'
}

# A name that is only provided by another package (pkg-config by pkgconf) counts as installed too.
is_provided() {
    dpkg-query -W -f='${Status} ${Provides},\n' 2>/dev/null | grep '^install ok installed ' |
        grep -Eq "[ ,]$1( \(|,)"
}

updated=no
update_lists() {
    [ $updated = no ] || return 0
    say 'apt-get update'
    as_root apt-get update -qq
    updated=yes
}

# A fresh machine has no package lists, or lists that are too old to download from.
with_lists() {
    for package in "$@"; do
        apt-cache show "$package" >/dev/null 2>&1 || {
            update_lists
            break
        }
    done
}

install_missing() {
    missing=
    for package in "$@"; do
        is_installed "$package" || is_provided "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    with_lists $missing
    say "apt-get install$missing"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null || {
        update_lists
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    }
}

have_photos() {
    for photo in $photos; do
        [ -s "demo-data/$photo" ] || return 1
    done
}

# apt-get download needs no root, but writes into the current folder.
fetch_photos() {
    have_photos && return 0
    mkdir -p demo-data
    scratch=$(mktemp -d demo-data/unpack.XXXXXX)
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 1' INT TERM
    with_lists "$photo_package"
    say "apt-get download $photo_package (unpacked into demo-data/, not installed)"
    download "$scratch" || {
        update_lists
        download "$scratch"
    }
    dpkg-deb -x "$scratch"/*.deb "$scratch/files"
    for photo in $photos; do
        cp "$scratch/files/$photo_folder/$photo" demo-data/ || die "$photo_package no longer has $photo"
    done
    rm -rf "$scratch"
}

# Without the option root's downloads are handed to a user who may not write here, with a warning.
download() {
    (cd "$1" && apt-get download -qq -o APT::Sandbox::User=root "$photo_package")
}

packages=$build_packages
case ${1:-build} in
build) ;;
demo) packages="$packages $demo_packages" ;;
test) packages="$packages $test_packages" ;;
*)
    echo 'usage: scripts/setup.sh [build|demo|test]' >&2
    exit 2
    ;;
esac

command -v apt-get >/dev/null 2>&1 || {
    say "no apt-get here: install what is missing yourself, by whatever name it has: $packages"
    exit 0
}

install_missing $packages
[ "${1:-build}" != demo ] || fetch_photos
