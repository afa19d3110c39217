"""Starting processes, and stopping exactly those."""
import ctypes
import os
import signal
import socket
import subprocess
import threading
import time

from screen import Failure

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def _end_with_parent():
    """Should this program be killed without a chance to clean up, its children end too."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def free_ports(count):
    """Ports of 127.0.0.1 that nobody had a moment ago."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(('127.0.0.1', 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Process:
    """A child whose output goes to a log file, and line by line to `on_line` if there is one."""

    def __init__(self, name, command, log, on_line=None, env=None):
        self.name = name
        self.log = log
        self._on_line = on_line
        self._file = open(log, 'ab', buffering=0)
        try:
            self._child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if on_line else self._file,
                stderr=self._file, env=env, start_new_session=True, preexec_fn=_end_with_parent)
        except OSError as error:
            raise Failure(f'{name} cannot be started: {error}', 'run tools/setup, then tools/demo again') from error
        self.pid = self._child.pid
        self._reader = None
        if on_line:
            self._reader = threading.Thread(target=self._read, daemon=True)
            self._reader.start()

    def _read(self):
        for line in self._child.stdout:
            self._file.write(line)
            self._on_line(line.decode('utf-8', 'replace').rstrip('\n'))

    def ended(self):
        return self._child.poll() is not None

    def failure(self, what):
        with open(self.log, 'rb') as log:
            last = log.read().decode('utf-8', 'replace').strip().split('\n')[-5:]
        return Failure(f'{self.name} (pid {self.pid}) {what}. Its last lines:\n      ' + '\n      '.join(last),
                       f'read {self.log}')

    def wait_for(self, condition, what, seconds=20):
        """Until condition() is true; it fails if the process ends or the time is over."""
        end = time.monotonic() + seconds
        while not condition():
            if self.ended():
                raise self.failure('ended by itself')
            if time.monotonic() > end:
                raise self.failure(f'did not {what} within {seconds} s')
            time.sleep(0.05)

    def wait_for_port(self, port):
        def answers():
            with socket.socket() as probe:
                return probe.connect_ex(('127.0.0.1', port)) == 0
        self.wait_for(answers, f'listen on port {port}')

    def wait_for_file(self, path):
        self.wait_for(lambda: os.path.exists(path), f'make {path}')

    def stop(self, seconds=10):
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        if self._reader:
            self._reader.join(2)
        self._file.close()


class Processes:
    """All that the demo has started, in order."""

    def __init__(self, screen, logs):
        self._screen = screen
        self._logs = logs
        self._running = []

    def start(self, name, command, on_line=None, env=None):
        process = Process(name, command, os.path.join(self._logs, name + '.log'), on_line, env)
        self._running.append(process)
        return process

    def stop(self, process):
        self._running.remove(process)
        process.stop()

    def check(self):
        for process in self._running:
            if process.ended():
                raise process.failure('ended by itself')

    def stop_all(self):
        """The last one first."""
        while self._running:
            self._running.pop().stop()
