"""Calls of the command line u2fi, and touches while it waits."""
import os
import queue
import re
import select
import shlex
import subprocess
import sys
import threading
import time

import place as p
from screen import Failure


class Answer:
    """What one call came to. `reason` is the one that came over the wire, or ''."""

    def __init__(self, code, lines, errors):
        self.code = code
        self.lines = lines
        self.errors = errors
        found = re.search(r'^u2fi: ([A-Z0-9_]+): ', errors, re.M)
        self.reason = found.group(1) if found else ''

    def command(self):
        for line in self.lines:
            if line.startswith('command '):
                return line.split()[1]
        return ''

    def state(self):
        states = [line.split()[1].rstrip(':') for line in self.lines if line.startswith('state ')]
        return states[-1] if states else ''


class Client:
    """The program u2fi with an identity."""

    def __init__(self, place, screen, cloud, site, touches_itself):
        self._place = place
        self._screen = screen
        self._cloud = cloud
        self._site = site
        self._touches_itself = touches_itself

    def environment(self, identity, account=p.ACCOUNT):
        sanitizers = {name: value for name, value in os.environ.items() if name.startswith(('ASAN_', 'LSAN_'))}
        return {
            **sanitizers, **self._cloud.addresses(), 'PATH': '/usr/bin:/bin', 'TZ': os.environ.get('TZ', ''),
            'U2FI_IDENTITY': self._place.identity(identity), 'U2FI_ACCOUNT': account,
            'U2FI_TRUST_DOMAIN': p.TRUST_DOMAIN}

    def call(self, identity, *words, account=p.ACCOUNT, on_touch_wanted=None, show=True, give=None):
        """Runs u2fi to its end. `on_touch_wanted` is called each time the key wants a touch."""
        if show:
            self._screen.request('u2fi ' + shlex.join(words), identity)
        child = subprocess.Popen([self._place.program('u2fi'), *words], env=self.environment(identity, account),
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                 start_new_session=True)
        try:
            return self._finish(child, identity, on_touch_wanted, show, give)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()

    def _finish(self, child, identity, on_touch_wanted, show, give):
        who = 'thief' if identity.endswith('thief') else identity.split('/')[0]
        lines, errors = [], []

        def read(stream, into, visible):
            for line in stream:
                into.append(line.rstrip('\n'))
                if visible and line.strip():
                    self._screen.said(who, line.rstrip('\n'))
        readers = [threading.Thread(target=read, args=(child.stdout, lines, show)),
                   threading.Thread(target=read, args=(child.stderr, errors, False))]
        for reader in readers:
            reader.start()
        if give:
            child.stdin.write(give)
        child.stdin.close()
        while child.poll() is None:
            try:
                self._site.events.get(timeout=0.05)
            except queue.Empty:
                continue
            if on_touch_wanted:
                on_touch_wanted(child)
        for reader in readers:
            reader.join()
        for line in errors if show else ():
            self._screen.said(who, line)
        answer = Answer(child.returncode, lines, '\n'.join(errors))
        if answer.reason:
            self._screen.reason(answer.reason, shlex.join(child.args[1:]))
        return answer

    def touch(self, child):
        """A person presses Enter, and the key is touched; with --ci at once."""
        if not self._touches_itself:
            # What the gateway and the program say comes first.
            time.sleep(0.3)
            self._screen.prompt('Compare the words. Press Enter to touch the key:')
            while child.poll() is None:
                if select.select([sys.stdin], [], [], 0.2)[0]:
                    if not sys.stdin.readline():
                        raise Failure('the input has ended', 'run tools/demo --ci if nobody is there to touch')
                    break
        if child.poll() is None:
            self._site.touch()

    def must(self, identity, *words, **more):
        """A call that has to succeed."""
        answer = self.call(identity, *words, **more)
        if answer.code != 0:
            raise Failure(f'this had to succeed: u2fi {shlex.join(words)}\n      {answer.errors}',
                          f'the logs are in {self._place.logs}')
        return answer

    def approved(self, *words, identity=p.CLIENT):
        return self.must(identity, *words, on_touch_wanted=self.touch)

    def refused(self, reasons, *words, identity=p.CLIENT, **more):
        """A call that has to be refused with one of these reasons."""
        answer = self.call(identity, *words, **more)
        if answer.code == 0 or answer.reason not in reasons:
            raise Failure(f'this had to be refused with {" or ".join(reasons)}, and it came to '
                          f'{answer.reason or "success"}: u2fi {shlex.join(words)}')
        return answer
