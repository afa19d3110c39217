"""The cloud: one process on SQLite, or five and Redis."""
import place as p
from processes import free_ports

SERVICES = ('challenge', 'attestation', 'device-registry', 'command-gate')


class Cloud:
    """What both forms have in common: configuration, ports, start of a service."""

    def __init__(self, place, processes, screen):
        self.place = place
        self.processes = processes
        self.screen = screen
        self.token_key = place.make_key('device-token.key')
        self.running = {}

    def listen(self, port, health_port=None):
        health = {'health_address': f'127.0.0.1:{health_port}'} if health_port else {}
        return {'address': f'127.0.0.1:{port}', **health, 'reflection': True,
                'reflection_callers': [p.uri(p.OPERATOR), p.uri(p.CLIENT)], 'shutdown_grace': '2s'}

    def relying_party(self):
        return {'rp_id': p.RP_ID}

    def registry_settings(self):
        return {'relying_party': self.relying_party(),
                'device_token': {'key_files': [self.token_key], 'issuer': f'https://{p.RP_ID}', 'audience': 'devices'}}

    def gate_settings(self):
        # The story has more refusals than a requester may cause elsewhere.
        return {'heartbeat_interval': '1s', 'refusals_before_cooldown': 10}

    def audit(self, name):
        return {'key_file': self.place.make_key(f'audit-{name}.key'), 'checkpoint_interval': '1s'}

    def common(self, name, port, store, identity=None):
        return {'listen': self.listen(port, self.health_port if port == self.gate_port else None), 'tls': self.place.tls('service/' + (identity or name)), 'store': store,
                'audit': self.audit(name), 'log': {'format': 'LOG_FORMAT_JSON'}}

    def start_one(self, name, port):
        config = self.place.path(f'{name}.json')
        process = self.processes.start(name, [self.place.program(name), '--config', config])
        process.wait_for_port(port)
        self.running[name] = process
        self.screen.note(f'{name:<16} pid {process.pid:<8} 127.0.0.1:{port}')
        return process


class Standalone(Cloud):
    """The four services in one process, one SQLite file."""
    title = 'the cloud in one process, on SQLite'

    def prepare(self):
        self.place.make_certificates('service/command-gate')
        self.gate_port, self.health_port = free_ports(2)
        config = self.common('standalone', self.gate_port, {'sqlite': {'file': self.place.path('cloud.db')}},
                             'command-gate')
        config.update({'attestation': {'relying_party': self.relying_party()},
                       'device_registry': self.registry_settings(), 'command_gate': self.gate_settings()})
        self.place.write_json('standalone.json', config)

    def start(self):
        self.start_one('standalone', self.gate_port)

    def stop_gate(self):
        self.processes.stop(self.running.pop('standalone'))

    def start_gate(self):
        self.start()

    def addresses(self):
        return {'U2FI_GATE': f'localhost:{self.gate_port}'}


class Mesh(Cloud):
    """Five binaries, mutual TLS between all, and a Redis of their own."""
    title = 'the cloud as five processes with mutual TLS between all, on Redis'

    def prepare(self):
        self.place.make_certificates(*('service/' + name for name in SERVICES))
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES))))
        self.gate_port = self.ports['command-gate']
        self.health_port, = free_ports(1)
        self.socket = self.place.path('redis.sock')
        store = {'redis': {'addresses': ['unix:' + self.socket]}}
        peer = {name: {'target': f'127.0.0.1:{port}'} for name, port in self.ports.items()}
        extra = {
            'challenge': {},
            'attestation': {'challenge': peer['challenge'], 'settings': {'relying_party': self.relying_party()}},
            'device-registry': {'settings': self.registry_settings()},
            'command-gate': {'challenge': peer['challenge'], 'attestation': peer['attestation'],
                             'device_registry': peer['device-registry'], 'settings': self.gate_settings()},
        }
        for name in SERVICES:
            config = self.common(name, self.ports[name], store)
            config.update(extra[name])
            self.place.write_json(f'{name}.json', config)

    def start(self):
        redis = self.processes.start('redis', [
            p.find_on_machine('redis-server'), '--port', '0', '--unixsocket', self.socket, '--unixsocketperm', '700',
            '--dir', self.place.make('redis'), '--appendonly', 'yes', '--appendfsync', 'always', '--save', ''])
        redis.wait_for_file(self.socket)
        self.screen.note(f'{"redis":<16} pid {redis.pid:<8} append-only file, appendfsync always')
        for name in SERVICES:
            self.start_one(name, self.ports[name])

    def stop_gate(self):
        self.processes.stop(self.running.pop('command-gate'))

    def start_gate(self):
        self.start_one('command-gate', self.gate_port)

    def addresses(self):
        names = {'command-gate': 'U2FI_GATE', 'device-registry': 'U2FI_REGISTRY', 'attestation': 'U2FI_ATTESTATION',
                 'challenge': 'U2FI_CHALLENGE'}
        return {names[name]: f'localhost:{port}' for name, port in self.ports.items()}
