"""The main job, scene by scene, and what is refused."""
import json
import os
import signal
import subprocess
import time

import place as p
from screen import Failure
from site_of_demo import DEVICES, MODELS

THIEF = f'client/{p.TENANT}/thief'
# The shortest that the gate allows.
SHORT = '5s'
# Whoever notices first that nobody has touched: the gate, or the agent.
NOBODY_TOUCHED = ('APPROVE_BY_PASSED', 'TOUCH_TIMEOUT')
EXPECTED_REASONS = {
    'declared-free': ('OPERATION_NOT_FREE',),
    'forged-signature': ('SIGNATURE_INVALID',),
    'unknown-key': ('TOKEN_NOT_PINNED',),
    'old-approval': ('COMMAND_MISMATCH',),
    'replay': ('',),
}


class Story:
    """Plays the scenes. Each raises Failure if something is not as it must be."""

    def __init__(self, place, processes, screen, cloud, site, client):
        self.place = place
        self.processes = processes
        self.screen = screen
        self.cloud = cloud
        self.site = site
        self.client = client
        self.yesterday = place.path('yesterday.json')
        self.export = place.path('audit.jsonl')

    def start(self):
        self.screen.scene('Starting', f'{self.cloud.title}; everything is on loopback, in {self.place.folder}')
        self.place.make_certificates(p.CLIENT, p.OPERATOR, THIEF)
        self.cloud.prepare()
        self.site.mesh_port = self.cloud.gate_port
        self.site.prepare()
        self.cloud.start()
        self.site.start_broker()
        self.site.start_key()

    def make_records(self):
        self.screen.scene('An operator makes the records', 'accounts, a site, a gateway with the key it made, devices')
        operate = lambda *words, **more: self.client.must(p.OPERATOR, *words, **more)
        operate('create-account', p.ACCOUNT, '--name', 'Ann')
        operate('create-account', 'mallory', '--name', 'Mallory')
        operate('create-site', p.SITE, '--owner', p.ACCOUNT)
        operate('create-gateway', p.GATEWAY, '--site', p.SITE, '--key', self.site.request)
        for model, operations in MODELS.items():
            operate('set-model', model, *operations)
        operate('import-devices', '-', give=self.site.identities())
        self.site.start_devices()
        self.site.start_agent()
        self.site.wait_until_connected()
        for device in DEVICES:
            self.client.must(p.CLIENT, 'claim', device)
        self.site.wait_until_online()

    def enrol(self):
        self.screen.scene('Ann enrols her key', 'one touch registers it, a second one signs over the registration')
        self.client.approved('enrol', '--gateway', p.GATEWAY, '--label', 'my key')
        self.client.must(p.CLIENT, 'tokens')

    def provision(self):
        self.screen.scene('Ann provisions her devices', 'a touch each: from now on they believe her key, and no cloud')
        for device in DEVICES:
            self.client.approved('provision', device, '--site', p.SITE, '--gateway', p.GATEWAY)
        self.client.must(p.CLIENT, 'devices')

    def run_free(self):
        self.screen.scene('A light goes on', 'the bulb\'s own pin set calls this free: no touch')
        self.client.must(p.CLIENT, 'run', 'bulb-1', 'bulb.on', on_touch_wanted=self._no_touch_expected)
        self.screen.held('done at once')

    def run_critical(self):
        self.screen.scene('The camera goes on', 'critical: it waits until the key is touched for exactly this')
        answer = self.client.approved('run', 'cam-1', 'camera.on')
        self._expect_executions({'cam-1': 1, 'bulb-1': 1, 'lock-1': 0})
        full = self.client.must(p.OPERATOR, 'get', answer.command(), '--full', '--json', show=False)
        with open(self.yesterday, 'w', encoding='utf-8') as file:
            file.write(full.lines[0])
        self.screen.held('a touch on a key turned a camera on')

    def say_no(self):
        self.screen.scene('Refused: somebody says no', 'at the gateway, while it asks')
        self.client.refused(('DECLINED',), 'run', 'lock-1', 'lock.unlock',
                            on_touch_wanted=lambda child: self.site.decline())
        self._nothing_happened()

    def wait_too_long(self):
        self.screen.scene('Refused: nobody touches', f'the request ends after {SHORT}')
        self.client.refused(NOBODY_TOUCHED, 'run', 'lock-1', 'lock.unlock', '--approve-within', SHORT)
        self._nothing_happened()

    def rob(self):
        self.screen.scene('Refused: a thief with the password and no key',
                          'he signs in as Ann from somewhere, and asks in her name; the key is at home')
        self.client.refused(NOBODY_TOUCHED, 'run', 'lock-1', 'lock.unlock', '--approve-within', SHORT,
                            identity=THIEF)
        self.client.refused(('NOT_A_MEMBER',), 'run', 'lock-1', 'lock.unlock', identity=THIEF, account='mallory')
        self._nothing_happened()

    def break_cloud(self):
        self.screen.scene('Refused: the cloud itself is in the wrong hands',
                          'with the gate\'s own certificate, and every byte that it has ever seen')
        self.cloud.stop_gate()
        command = [self.place.program('rogue-cloud'), '--listen', f'127.0.0.1:{self.cloud.gate_port}', '--identity',
                   self.place.identity('service/command-gate'), '--trust-domain', p.TRUST_DOMAIN, '--recorded',
                   self.yesterday, '--timeout', '40']
        self.screen.request('rogue-cloud --recorded yesterday.json', 'service/command-gate')
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise Failure(f'the rogue cloud was not answered: {done.stderr.strip()}', f'see {self.place.logs}')
        for line in done.stdout.splitlines():
            self._judge(json.loads(line))
        self._nothing_happened()
        self.screen.note('the real gate comes back:')
        self.cloud.start_gate()
        self.site.wait_until_connected()

    def _judge(self, attack):
        reason = attack['refused_reason']
        told = f'refused: {reason}' if reason else f'not done again; its old result is told again: {attack["outcome"]}'
        self.screen.said('gateway', f'{attack["what"]}: {told}')
        self.screen.reason(reason, 'rogue-cloud ' + attack['attack'])
        if reason not in EXPECTED_REASONS[attack['attack']]:
            raise Failure(f'{attack["attack"]} came to {told}, expected {EXPECTED_REASONS[attack["attack"]]}')

    def break_broker(self):
        self.screen.scene('Refused: another program on the local network',
                          'with the bulb\'s own password it publishes to the camera')
        topic = f'u2fi/{p.TENANT}/{p.SITE}/{p.GATEWAY}/cam-1/down'
        self.screen.request(f'mosquitto_pub -u bulb-1 -t {topic} -m on', 'bulb-1')
        said = self.site.publish_as('bulb-1', topic)
        self.screen.said('broker', said)
        if 'ot authorized' not in said and 'ot authorised' not in said:
            raise Failure('the broker had to refuse it')
        self._nothing_happened()

    def still_works(self):
        self.screen.scene('And the owner is not locked out', 'after all that, her touch still counts')
        # The key's light goes out two seconds after the thief's last question, and only then on again.
        time.sleep(2.5)
        self.client.approved('run', 'lock-1', 'lock.unlock')
        self._expect_executions({'cam-1': 1, 'bulb-1': 1, 'lock-1': 1})

    def export_audit(self):
        self.screen.scene('The audit', 'every decision, with the raw touches')
        # Checkpoints come every second here.
        time.sleep(2.5)
        self.client.must(p.OPERATOR, 'audit', 'export', '--out', self.export)
        with open(self.export, encoding='utf-8') as file:
            for line in file:
                self.screen.audit(line.rstrip('\n'))
        # What the devices believe now: with --serve people change it afterwards.
        for device in DEVICES:
            with open(self.place.path(f'{device}.pins'), 'wb') as file:
                file.write(self.site.pin_set(device))

    def verify_audit(self):
        """After everything was stopped: nobody is asked."""
        self.screen.scene('Verified offline', 'the cloud is gone; anchors are what the devices themselves believed')
        held = self.screen.audit_of_transcript()
        if held is not None:
            with open(self.export, 'w', encoding='utf-8') as file:
                file.writelines(held)
            self.screen.note('what the transcript holds:')
        anchors = [word for device in DEVICES for word in ('--anchor', self.place.path(f'{device}.pins'))]
        self.client.must(p.OPERATOR, 'audit', 'verify', self.export, '--complete', '--rp-id', p.RP_ID, *anchors)
        self._tamper()

    def _tamper(self):
        with open(self.export, encoding='utf-8') as file:
            lines = file.readlines()
        rows = [i for i, line in enumerate(lines) if '"type":"row"' in line]
        middle = rows[len(rows) // 2]
        line = lines[middle]
        at = line.index('"body":"') + 20
        lines[middle] = line[:at] + ('A' if line[at] != 'A' else 'B') + line[at + 1:]
        changed = self.place.path('changed.jsonl')
        with open(changed, 'w', encoding='utf-8') as file:
            file.writelines(lines)
        self.screen.note('and a copy in which one letter is different:')
        self.client.refused(('AUDIT_CHAIN', 'AUDIT_FORMAT'), 'audit', 'verify', changed, identity=p.OPERATOR)

    def _no_touch_expected(self, child):
        os.kill(child.pid, signal.SIGTERM)
        raise Failure('a touch was asked for where none is needed')

    def _expect_executions(self, expected):
        found = self.site.executions()
        if found != expected:
            raise Failure(f'the devices acted {found} times, expected {expected}',
                          f'see {self.place.path("devices")}/*/executions.log')
        self.expected = expected

    def _nothing_happened(self):
        self._expect_executions(self.expected)
        self.screen.held('no device has moved')
