"""The site: broker, security key, gateway and devices."""
import base64
import json
import queue
import re
import socket
import subprocess

import place as p
from processes import free_ports
from screen import Failure

# Devices by id, with model and the operations that need no touch.
MODELS = {
    'camera': ['camera.on=touch', 'camera.off=touch', 'camera.snapshot=touch', 'device.identify=free'],
    'bulb': ['bulb.on=free', 'bulb.off=free', 'bulb.set=free', 'device.identify=free'],
    'lock': ['lock.lock=free', 'lock.unlock=touch', 'device.identify=free'],
}
DEVICES = {'cam-1': 'camera', 'bulb-1': 'bulb', 'lock-1': 'lock'}


class Site:
    """What stands in the house. `events` gets ('touch wanted',) and so on."""

    def __init__(self, place, processes, screen, mesh_port):
        self.place = place
        self.processes = processes
        self.screen = screen
        self.mesh_port = mesh_port
        self.events = queue.Queue()
        self.key_control = place.path('key.ctl')
        self.agent_config = place.path('gateway-agent.json')
        self.online = set()

    def prepare(self):
        """Files of broker and gateway; the gateway makes its own key."""
        place = self.place
        self.broker_port, = free_ports(1)
        place.make_certificates('service/broker')
        self.broker_tls = place.tls('service/broker')
        place.run(place.program('site-files'), '--folder', place.path('broker'), '--tenant', p.TENANT,
                  '--site', p.SITE, '--gateway', p.GATEWAY, '--port', str(self.broker_port),
                  '--certificate', self.broker_tls['certificate_file'], '--key', self.broker_tls['key_file'],
                  '--ca', self.broker_tls['ca_file'], '--run-as', place.user,
                  '--agent-password', place.path('agent.password'), '--links', place.path('links'), *DEVICES)
        identity = f'gateway/{p.TENANT}/{p.SITE}/{p.GATEWAY}'
        key = place.path('gateway.key')
        place.write_json('gateway-agent.json', {
            'tenant': p.TENANT, 'site': p.SITE, 'gateway': p.GATEWAY, 'rp_id': p.RP_ID,
            'tls': place.tls(identity, key), 'mesh': {'target': f'127.0.0.1:{self.mesh_port}'},
            'state_dir': place.make('gateway'), 'tokens': {'soft_tokens': [place.path('key')]},
            'cue': {'terminal': True}, 'local_socket': place.path('agent.sock'), 'reconnect_cap': '1s',
            'devices': {'broker': f'mqtts://localhost:{self.broker_port}', 'ca_file': self.broker_tls['ca_file'],
                        'user': f'agent.{p.GATEWAY}', 'password_file': place.path('agent.password')},
            'log': {'format': 'LOG_FORMAT_JSON'}})
        place.run(place.program('gateway-agent'), 'init', '--config', self.agent_config)
        self.request = key + '.csr'
        place.sign(self.request, identity)

    def device_flags(self):
        return [word for device, model in DEVICES.items() for word in ('--device', f'{device}={model}')]

    def identities(self):
        """What the maker of the devices hands over, for import."""
        return self.place.run(self.place.program('device-emulator'), 'identity', '--state', self.place.path('devices'),
                              *self.device_flags())

    def start_broker(self):
        broker = self.processes.start('mosquitto', [p.find_on_machine('mosquitto'), '-c',
                                                    self.place.path('broker', 'mosquitto.conf')])
        broker.wait_for_port(self.broker_port)
        self.screen.note(f'{"mosquitto":<16} pid {broker.pid:<8} 127.0.0.1:{self.broker_port}')

    def start_key(self):
        place = self.place
        key = self.processes.start('soft-token', [place.program('soft-token'), '--state', place.path('token'),
                                                  '--socket', place.path('key'), '--control', self.key_control],
                                   self._key_says)
        key.wait_for_file(self.key_control)
        self.screen.note(f'{"soft-token":<16} pid {key.pid:<8} the security key, in software')

    def start_devices(self):
        place = self.place
        self.devices = self.processes.start('device-emulator', [
            place.program('device-emulator'), 'run', '--state', place.path('devices'), '--links', place.path('links'),
            '--control', place.path('devices.ctl'), *self.device_flags()], self._device_says)
        self.devices.wait_for_file(place.path('devices.ctl'))
        self.screen.note(f'{"device-emulator":<16} pid {self.devices.pid:<8} {", ".join(DEVICES)}')

    def start_agent(self):
        self.agent = self.processes.start('gateway-agent', [self.place.program('gateway-agent'), 'run', '--config',
                                                            self.agent_config], self._gateway_says)
        self.screen.note(f'{"gateway-agent":<16} pid {self.agent.pid:<8} gateway {p.GATEWAY}')

    def wait_until_connected(self):
        self.agent.wait_for(lambda: self._agent_says('link +up'), 'connect to the cloud', 30)

    def wait_until_online(self):
        self.devices.wait_for(lambda: self.online == set(DEVICES), 'connect to the broker', 30)

    def _agent_says(self, pattern):
        done = subprocess.run([self.place.program('gateway-agent'), 'status', '--config', self.agent_config],
                              capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        return done.returncode == 0 and re.search('^' + pattern, done.stdout, re.M)

    def decline(self):
        """Somebody at the site says no."""
        self.screen.request('gateway-agent decline', 'somebody at the gateway')
        self.place.run(self.place.program('gateway-agent'), 'decline', '--config', self.agent_config)

    def touch(self):
        """A finger on the key."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(self.key_control)
            control.sendall(b'touch\n')
            answer = control.recv(256).decode()
        if not answer.startswith('ok'):
            raise Failure(f'the key cannot be touched: {answer.strip()}')

    def executions(self):
        """How often each device began to act."""
        text = self.place.run(self.place.program('device-emulator'), 'executions', '--state',
                              self.place.path('devices'), *self.device_flags())
        return {device: len(re.findall(r'^  \d+ \w+ (?!u2fi\.)', part, re.M))
                for device, part in re.findall(r'^(\S+) \d+\n((?:  .*\n)*)', text, re.M)}

    def pin_set(self, device):
        """The bytes that the device believes, from its own memory."""
        with open(self.place.path('devices', device, 'binding.json'), encoding='utf-8') as file:
            pins = json.load(file)['pins']
        return base64.urlsafe_b64decode(pins + '=' * (-len(pins) % 4))

    def publish_as(self, device, topic):
        """What mosquitto says when `device` publishes to `topic`."""
        with open(self.place.path('links', device + '.json'), encoding='utf-8') as file:
            link = json.load(file)
        done = subprocess.run([
            p.find_on_machine('mosquitto_pub'), '-V', '5', '-q', '1', '-h', 'localhost', '-p', str(link['port']),
            '--cafile', link['ca_file'], '-u', device, '-P', link['password'], '-i', device + '-other', '-t', topic,
            '-m', 'on'], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=20)
        return (done.stdout + done.stderr).strip()

    def _key_says(self, line):
        if 'TOUCH WANTED' in line:
            self.events.put('touch wanted')

    def _gateway_says(self, line):
        if line.strip():
            self.screen.said('gateway', line.strip())

    def _device_says(self, line):
        device, _, rest = line.partition(': ')
        if rest.startswith('connected'):
            self.online.add(device)
        if rest and not rest.startswith(('connect', 'waits')):
            self.screen.said(device, rest)
