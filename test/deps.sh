#!/bin/bash
# deps.sh [build]: install the Debian packages that are missing, or print the one command that does.
# Without `build`, those of the tests too.
set -eu
need="gcc libc6-dev make libnifti-dev zlib1g-dev libzstd-dev libdnnl-dev libpng-dev pkgconf gnuplot-nox bsdextrautils"
[ "${1:-}" = build ] || need="$need g++ bats zstd mandoc shellcheck clang-format
python3-numpy python3-scipy python3-nibabel python3-sklearn python3-pil dcm2niix"
if ! command -v dpkg-query >/dev/null; then
    echo "not a Debian system; dorg needs the counterparts of:" "$need" >&2
    exit 0
fi
missing=
for p in $need; do
    case $(dpkg-query -W -f '${db:Status-Abbrev}' "$p" 2>/dev/null || true) in
    ii*) ;;
    *) missing="$missing $p" ;;
    esac
done
[ -n "$missing" ] || exit 0
install="apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
    echo "installing:$missing"
    bash -c "$install" >&2
elif sudo -n true 2>/dev/null; then
    echo "installing:$missing"
    sudo bash -c "$install" >&2
else
    printf 'missing packages; run this, then try again:\n  sudo bash -c "%s"\n' "$install" >&2
    exit 1
fi
