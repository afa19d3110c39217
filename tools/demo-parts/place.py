"""Where everything of one run is: a short folder, programs, certificates, configurations."""
import json
import os
import pwd
import shlex
import subprocess
import tempfile

from screen import Failure

TRUST_DOMAIN = 'u2fi.example'
RP_ID = 'u2fi.example'
TENANT, SITE, GATEWAY, ACCOUNT = 't1', 'home', 'g1', 'ann'
CLIENT, OPERATOR = f'client/{TENANT}/app', f'operator/{TENANT}/olga'

PROGRAMS = {
    'attestation': 'services/attestation/attestation',
    'challenge': 'services/challenge/challenge',
    'command-gate': 'services/command-gate/command-gate',
    'dev-ca': 'tools/dev-ca/dev-ca',
    'device-emulator': 'tools/device-emulator/device-emulator',
    'device-registry': 'services/device-registry/device-registry',
    'gateway-agent': 'services/gateway-agent/gateway-agent',
    'rogue-cloud': 'tools/rogue-cloud/rogue-cloud',
    'site-files': 'tools/demo-parts/site-files',
    'soft-token': 'tools/soft-token/soft-token',
    'standalone': 'services/standalone/standalone',
    'u2fi': 'tools/u2fi/u2fi',
}


def find_on_machine(name):
    """A program of a Debian package."""
    for folder in ('/usr/bin', '/usr/sbin'):
        if os.access(os.path.join(folder, name), os.X_OK):
            return os.path.join(folder, name)
    raise Failure(f'there is no {name} on this machine', 'run tools/setup')


def uri(identity):
    return f'spiffe://{TRUST_DOMAIN}/{identity}'


class Place:
    """`binaries` is bazel-bin, or a test's runfiles."""

    def __init__(self, binaries):
        self._binaries = os.path.abspath(binaries)
        # Unix sockets have at most 107 characters.
        self.folder = tempfile.mkdtemp(prefix='u2fi-', dir='/tmp')
        self.logs = self.make('logs')
        self.user = pwd.getpwuid(os.getuid()).pw_name

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def make(self, *names):
        os.makedirs(self.path(*names), mode=0o700, exist_ok=True)
        return self.path(*names)

    def program(self, name):
        path = os.path.join(self._binaries, PROGRAMS[name])
        if not os.access(path, os.X_OK):
            raise Failure(f'{name} is not built ({path})', 'run tools/demo, which builds it')
        return path

    def protoset(self):
        return os.path.join(self._binaries, 'protos', 'descriptors.protoset')

    def write_json(self, name, value):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            json.dump(value, file, indent=2)
        os.chmod(self.path(name), 0o600)
        return self.path(name)

    def run(self, *command):
        """Runs a helper to its end; its standard output."""
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise Failure(f'this failed: {shlex.join(command)}\n      {(done.stderr or done.stdout).strip()}')
        return done.stdout

    def make_certificates(self, *identities):
        self.run(self.program('dev-ca'), '--out', self.path('certs'), '--trust_domain', TRUST_DOMAIN, *identities)

    def sign(self, request, identity):
        """A certificate for a key that was made elsewhere."""
        self.run(self.program('dev-ca'), '--out', self.path('certs'), '--trust_domain', TRUST_DOMAIN,
                 '--csr', request, identity)

    def identity(self, identity):
        return self.path('certs', identity)

    def tls(self, identity, key_file=None):
        folder = self.identity(identity)
        return {'certificate_file': f'{folder}/tls.crt', 'key_file': key_file or f'{folder}/tls.key',
                'ca_file': f'{folder}/ca.crt', 'trust_domain': TRUST_DOMAIN}

    def make_key(self, name):
        """A P-256 key in PEM."""
        self.run(find_on_machine('openssl'), 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256',
                 '-out', self.path(name))
        os.chmod(self.path(name), 0o600)
        return self.path(name)
