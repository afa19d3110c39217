"""Prints an SPDX 2.3 document (JSON) of a Debian root and of our own programs in it.

usage: make_sbom.py NAME VERSION DPKG-STATUS-FILE [SOURCE-PACKAGE=VERSION...] [PROGRAM...]

SOURCE-PACKAGE of Debian is compiled into each of the programs.
"""
import datetime
import hashlib
import json
import os
import re
import sys
import urllib.parse


def stanzas(path):
    with open(path, encoding='utf-8') as file:
        for text in file.read().strip().split('\n\n'):
            yield dict(re.findall(r'^([A-Za-z-]+): (.*)$', text, re.M))


def spdx_id(name):
    return 'SPDXRef-' + re.sub(r'[^A-Za-z0-9.-]', '-', name)


def package(name, version, **more):
    return {'SPDXID': spdx_id(name), 'name': name, 'versionInfo': version, 'downloadLocation': 'NOASSERTION',
            'filesAnalyzed': False, 'licenseConcluded': 'NOASSERTION', 'licenseDeclared': 'NOASSERTION',
            'copyrightText': 'NOASSERTION', **more}


def of_debian(name, version, qualifiers):
    locator = f'pkg:deb/debian/{name}@{urllib.parse.quote(version, safe=":~")}?{qualifiers}'
    return package(name, version, supplier='Organization: Debian', externalRefs=[
        {'referenceCategory': 'PACKAGE-MANAGER', 'referenceType': 'purl', 'referenceLocator': locator}])


def debian(stanza):
    return of_debian(stanza['Package'], stanza['Version'], f'arch={stanza["Architecture"]}&distro=bookworm')


def own(path, version):
    with open(path, 'rb') as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    return package('u2fi-' + os.path.basename(path), version,
                   checksums=[{'algorithm': 'SHA256', 'checksumValue': digest}])


def relation(one, kind, other):
    return {'spdxElementId': one, 'relationshipType': kind, 'relatedSpdxElement': other}


def main(name, version, status, *contents):
    installed = [one for one in stanzas(status) if one.get('Status') == 'install ok installed']
    programs = [own(path, version) for path in sorted(contents) if '=' not in path]
    sources = [of_debian(*one.split('='), 'arch=source') for one in sorted(contents) if '=' in one]
    packages = programs + sources + sorted((debian(one) for one in installed), key=lambda one: one['name'])
    linked = [relation(one['SPDXID'], 'STATIC_LINK', source['SPDXID']) for one in programs for source in sources]
    time = datetime.datetime.fromtimestamp(int(os.environ.get('SOURCE_DATE_EPOCH', '0')), datetime.timezone.utc)
    digest = hashlib.sha256(json.dumps(packages, sort_keys=True).encode()).hexdigest()
    json.dump({'spdxVersion': 'SPDX-2.3', 'dataLicense': 'CC0-1.0', 'SPDXID': 'SPDXRef-DOCUMENT', 'name': name,
               'documentNamespace': f'https://u2fi.example/sbom/{name}/{digest}',
               'creationInfo': {'created': time.strftime('%Y-%m-%dT%H:%M:%SZ'), 'creators': ['Tool: u2fi-make-sbom']},
               'packages': packages,
               'relationships': [relation('SPDXRef-DOCUMENT', 'DESCRIBES', one['SPDXID']) for one in packages] + linked},
              sys.stdout, indent=1)
    print()


if __name__ == '__main__':
    main(*sys.argv[1:])
