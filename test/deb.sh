#!/bin/bash
# deb.sh BUILD VERSION: a Debian package in BUILD, from a tree that `make install` fills.
#
# The GPU plug-in stays out: what it needs is not in Debian.  lintian has the last word where it
# is installed.
set -eu
build=$1 version=$2
arch=$(dpkg --print-architecture)
work=$build/deb
root=$work/root
rm -rf "$work"
mkdir -p "$root/DEBIAN" "$work/debian"

MAKEFLAGS='' make --no-print-directory -s install "DESTDIR=$root" PREFIX=/usr B="$build"
rm -f "$root/usr/lib/dorg/dorg-cuda.so"
# Development files are for those who build; a static library is a package of its own.
rm -rf "$root/usr/include" "$root/usr/lib/pkgconfig" "$root"/usr/lib/*.a
strip --strip-unneeded "$root"/usr/lib/dorg/*.so
for f in "$root"/usr/bin/dorg-*; do strip "$f"; done
gzip -9n "$root"/usr/share/man/man*/*

doc=$root/usr/share/doc/dorg
mkdir -p "$doc"
cat >"$doc/copyright" <<END
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: dorg

Files: *
Copyright: 2026, the dorg authors
License: BSD-2-Clause
$(sed -n '/^Redistribution/,$p' LICENSE | sed 's/^$/./; s/^/ /')
END
# The authors have no common address.
mkdir -p "$root/usr/share/lintian/overrides"
printf 'dorg: bogus-mail-host Maintainer *\ndorg: bogus-mail-host-in-debian-changelog *\n' \
    >"$root/usr/share/lintian/overrides/dorg"
date=$(date -R -u -d "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y README)}")
printf 'dorg (%s) unstable; urgency=medium\n\n  * Version %s.\n\n -- the dorg authors <dorg@localhost.localdomain>  %s\n' \
    "$version" "$version" "$date" | gzip -9n >"$doc/changelog.gz"

printf 'Source: dorg\n\nPackage: dorg\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O root/usr/bin/dorg-* root/usr/lib/dorg/*.so 2>/dev/null |
    sed -n 's/^shlibs:Depends=//p')
cat >"$root/DEBIAN/control" <<END
Package: dorg
Version: $version
Architecture: $arch
Maintainer: the dorg authors <dorg@localhost.localdomain>
Installed-Size: $(du -ks "$root/usr" | cut -f 1)
Depends: $depends, make
Recommends: gnuplot-nox, zstd, bsdextrautils
Section: science
Priority: optional
Description: small filters that segment an organ in abdominal CT
 The stages of DeepOrgan (Roth et al., MICCAI 2015) as filters over NIfTI
 volumes, tables and records: entropy-rate superpixels, random forests,
 ConvNets on patches and on zoom-out regions, smoothing, graph cut, and
 tables of overlap and surface distance. They train and they apply, and
 makefiles chain them into the whole cascade.
END
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
find "$root" -type d -exec chmod 755 {} +
find "$root" -type f ! -perm /111 -exec chmod 644 {} +
deb=$build/dorg_${version}_$arch.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$deb" >/dev/null
if command -v lintian >/dev/null; then lintian --fail-on error,warning "$deb"; fi
printf '%s\n' "$deb"
