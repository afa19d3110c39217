#!/usr/bin/env bash
# Layers and the Debian package are the same bytes each time, and hold what they should.
set -euo pipefail
root=$TEST_SRCDIR/u2fi
agent=$root/services/gateway-agent/gateway-agent
cd "$TEST_TMPDIR"

fail() {
  echo "FAILED: $1"
  exit 1
}

# The same folder, made in another order, at another time, with other rights.
mkdir -p one/usr/bin two/usr/bin one/etc
chmod 2775 one/usr
echo program >one/usr/bin/program && chmod 4750 one/usr/bin/program && echo text >one/etc/text
(umask 077; mkdir -p two/etc && echo text >two/etc/text && echo program >two/usr/bin/program && chmod 700 two/usr/bin/program)
touch -d '2001-01-01' two/usr/bin/program two/etc
"$root/deploy/images/make_layer.sh" one one.tar
"$root/deploy/images/make_layer.sh" two two.tar
cmp one.tar two.tar || fail 'a layer depends on nothing but names, modes and contents'
tar -tvf one.tar | grep -q '^-rwxr-xr-x 0/0 .* ./usr/bin/program$' || { tar -tvf one.tar; fail 'programs are of root, and not setuid'; }
echo other >two/etc/text
"$root/deploy/images/make_layer.sh" two two.tar
! cmp -s one.tar two.tar || fail 'another content is another layer'

printf 'Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9\n\nPackage: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n' >status
python3 "$root/deploy/images/make_sbom.py" mesh 0.1.0 status boringssl=13.0+r24-2 one/usr/bin/program >sbom.json
python3 - <<'EOF' || fail 'the list of contents is whole'
import hashlib, json
sbom = json.load(open('sbom.json'))
names = {one['name']: one for one in sbom['packages']}
assert set(names) == {'libc6', 'u2fi-program', 'boringssl'}, names
assert names['boringssl']['externalRefs'][0]['referenceLocator'] == 'pkg:deb/debian/boringssl@13.0%2Br24-2?arch=source'
assert {'spdxElementId': 'SPDXRef-u2fi-program', 'relationshipType': 'STATIC_LINK', 'relatedSpdxElement': 'SPDXRef-boringssl'} in sbom['relationships']
assert names['u2fi-program']['checksums'][0]['checksumValue'] == hashlib.sha256(b'program\n').hexdigest()
assert names['libc6']['externalRefs'][0]['referenceLocator'] == 'pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=bookworm'
assert len(sbom['relationships']) == 4
EOF

mkdir first second
SOURCE_DATE_EPOCH=1700000000 "$root/deploy/deb/make_deb.sh" "$agent" 0.1.0 first >/dev/null
SOURCE_DATE_EPOCH=1700000000 "$root/deploy/deb/make_deb.sh" "$agent" 0.1.0 second >/dev/null
cmp first/*.deb second/*.deb || fail 'the package is the same each time'
# It leaves files where it works.
mkdir -p scratch
TMPDIR=$PWD/scratch lintian --allow-root --fail-on error,warning first/*.deb >out 2>&1 || { cat out; fail 'lintian has no objections'; }
dpkg-deb -f first/*.deb Depends | grep -q 'libgrpc++1.51' || fail 'it names the libraries'
dpkg-deb -x first/*.deb unpacked
for file in usr/bin/gateway-agent lib/systemd/system/gateway-agent.service lib/udev/rules.d/70-u2fi-gateway-agent.rules \
  usr/lib/sysusers.d/u2fi-gateway-agent.conf usr/share/man/man1/gateway-agent.1.gz; do
  [[ -s "unpacked/$file" ]] || fail "it has $file"
done
! dpkg-deb -c first/*.deb | grep -v ' root/root ' || fail 'all of it is of root'
[[ ! -e unpacked/etc ]] || fail 'it starts nothing before somebody has configured it'
# After a purge its own state is gone, and its link; what others have in the same folders is not.
dpkg-deb -e first/*.deb scripts
here=$PWD
# script NAME ARGUMENTS...: a script of the package, in a box instead of this machine.
script() {
  local name=$1
  shift
  sed "s# /\(var\|etc\|run\)/# $here/box/\1/#g" "scripts/$name" | PATH="$here/helpers:$PATH" sh -s "$@"
}
removal() { script postrm "$1"; }
wants=box/etc/systemd/system/multi-user.target.wants
mkdir -p helpers box/var/lib/u2fi/links box/etc/u2fi $wants
for helper in deb-systemd-helper systemctl systemd-sysusers; do printf '#!/bin/sh\n' >"helpers/$helper"; done
printf '#!/bin/sh\necho "$@" >>%s/invoked\nexit 1\n' "$here" >helpers/deb-systemd-invoke
chmod +x helpers/*
touch box/var/lib/u2fi/agent.{db,db-wal,db.lock,sock} box/var/lib/u2fi/u2fi.db box/etc/u2fi/tls.key
ln -s /lib/systemd/system/gateway-agent.service $wants/
# A service that does not come up, or go down, is no package that cannot be configured, or removed.
mkdir -p box/run/systemd/system
script postinst configure || fail 'a first install'
[[ ! -e invoked ]] || fail 'a first install starts nothing'
script postinst configure 0.0.9 || fail 'an upgrade while the service fails'
script prerm remove || fail 'a removal while the service fails'
[[ "$(cat invoked)" == $'try-restart gateway-agent.service\nstop gateway-agent.service' ]] || { cat invoked; fail 'what ran is restarted, and stopped'; }
removal remove
[[ -e box/var/lib/u2fi/agent.db && -L $wants/gateway-agent.service ]] || fail 'what is only removed keeps its state'
removal purge
[[ "$(ls box/var/lib/u2fi)" == u2fi.db ]] || fail "the agent's state is gone, and a standalone's store is not: $(ls box/var/lib/u2fi)"
[[ -e box/etc/u2fi/tls.key ]] || fail 'what people wrote stays'
[[ ! -L $wants/gateway-agent.service ]] || fail 'the link of systemctl enable is gone'
rm box/var/lib/u2fi/u2fi.db
removal purge
[[ ! -e box/var/lib/u2fi ]] || fail 'an empty folder is gone'
# The packed program reads the packed example, by the very line of the unit.
line=$(sed -n 's|^ExecStartPre=/usr/bin/||p' unpacked/lib/systemd/system/gateway-agent.service)
line=${line/\/etc\/u2fi\/gateway-agent.json/unpacked\/usr\/share\/doc\/u2fi-gateway-agent\/examples\/gateway-agent.json}
read -ra command <<<"$line"
"unpacked/usr/bin/${command[0]}" "${command[@]:1}" || fail 'the example is good'
echo 'all good'
