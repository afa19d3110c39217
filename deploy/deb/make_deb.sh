#!/usr/bin/env bash
# Packs the gateway-agent as a Debian package, the same bytes from the same
# program each time.
#
#   make_deb.sh PROGRAM VERSION FOLDER [ARCH SYSROOT]   writes FOLDER/u2fi-gateway-agent_VERSION_ARCH.deb
#
# A program for another architecture needs that one's name and the folder that
# tools/sysroot made: its packages are those that the program will depend on.
set -euo pipefail
[[ $# -eq 3 || $# -eq 5 ]] || { sed -n '2,/^set -e/{/^set -e/d;s/^# \{0,1\}//;p}' "$0"; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0}
version=$2
arch=${4:-$(dpkg --print-architecture)}
sysroot=${5:+$(realpath "$5")}
# As in the names of its folders and tools: aarch64-linux-gnu.
triplet=${4:+$(dpkg-architecture -f -a"$arch" -qDEB_HOST_MULTIARCH 2>/dev/null)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
doc=$root/usr/share/doc/u2fi-gateway-agent

# dpkg's database of the packages in the sysroot, as if their files lay there.
make_database() {
  local list
  cp -r "$sysroot/var/lib/dpkg" "$work/dpkg"
  for list in "$work"/dpkg/info/*.list; do sed -i "s|^|$sysroot|" "$list"; done
}

# The packages whose libraries the program needs, as a value of Depends.
dependencies() {
  local -a options=()
  if [[ -n "$sysroot" ]]; then
    make_database
    options=("--admindir=$work/dpkg" "-l$sysroot/lib/$triplet" "-l$sysroot/usr/lib/$triplet")
  fi
  (cd "$work" && DEB_HOST_ARCH=$arch dpkg-shlibdeps "${options[@]}" -O "$root/usr/bin/gateway-agent" 2>shlibdeps.log) \
    | sed -n 's/^shlibs:Depends=//p' || { cat "$work/shlibdeps.log" >&2; return 1; }
}

put() { install -D -m "$1" "$here/$2" "$root/$3"; }
install -D -m 0755 "$1" "$root/usr/bin/gateway-agent"
"${triplet:+$triplet-}strip" --remove-section=.comment --remove-section=.note "$root/usr/bin/gateway-agent"
put 0644 gateway-agent.service lib/systemd/system/gateway-agent.service
put 0644 gateway-agent.rules lib/udev/rules.d/70-u2fi-gateway-agent.rules
put 0644 gateway-agent.sysusers usr/lib/sysusers.d/u2fi-gateway-agent.conf
put 0644 gateway-agent.json usr/share/doc/u2fi-gateway-agent/examples/gateway-agent.json
put 0644 copyright usr/share/doc/u2fi-gateway-agent/copyright
install -d -m 0755 "$root/usr/share/man/man1"
gzip -9n <"$here/gateway-agent.1" >"$root/usr/share/man/man1/gateway-agent.1.gz"
sed "s/@VERSION@/$version/;s/@DATE@/$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")/" "$here/changelog" | gzip -9n >"$doc/changelog.gz"

mkdir -p "$work/debian" "$root/DEBIAN"
printf 'Source: u2fi-gateway-agent\n\nPackage: u2fi-gateway-agent\nArchitecture: any\n' >"$work/debian/control"
depends=$(dependencies)
size=$(du -sk --apparent-size "$root/usr" "$root/lib" | awk '{ sum += $1 } END { print sum }')
sed "s/@VERSION@/$version/;s/@ARCH@/$arch/;s/@DEPENDS@/$depends/;s/@SIZE@/$size/" "$here/control" >"$root/DEBIAN/control"
for script in postinst prerm postrm; do install -m 0755 "$here/$script" "$root/DEBIAN/$script"; done
(cd "$root" && find usr lib -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
find "$root" -type d -exec chmod 0755 {} +
chmod 0644 "$root"/DEBIAN/{control,md5sums}
find "$root" -exec touch --no-dereference -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$root" "$3/u2fi-gateway-agent_${version}_$arch.deb"
