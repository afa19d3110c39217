"""What a person sees, and what the transcript keeps."""
import contextlib
import json
import sys
import threading


class Failure(Exception):
    """Something did not go as it must. `advice` says what to do next."""

    def __init__(self, what, advice=''):
        super().__init__(what)
        self.advice = advice


class Screen:
    """Prints for people and writes the transcript, one JSON object a line:
    {"scene"}, {"request","as"}, {"from","said"}, {"reason","of"}, {"audit"}. Thread-safe."""

    def __init__(self, transcript=None):
        self._lock = threading.Lock()
        self._file = open(transcript, 'w', encoding='utf-8') if transcript else None
        # Why there is no more of the transcript.
        self._lost = None
        self._color = sys.stdout.isatty()
        # What processes say while they are being stopped is in their logs only.
        self.stopping = False

    def record(self, **entry):
        if self._file:
            with self._lock:
                self._write(json.dumps(entry) + '\n')

    def _write(self, line):
        if not self._file:
            return
        try:
            self._file.write(line)
            self._file.flush()
        except OSError as error:
            self._lost = error
            # It would try again.
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None

    def check_transcript(self):
        """Failure if some of it could not be written."""
        if self._lost:
            raise Failure(f'the transcript cannot be written: {self._lost}', 'name a file where there is space')

    def _print(self, text, style=''):
        with self._lock:
            print(f'\033[{style}m{text}\033[0m' if style and self._color else text, flush=True)

    def scene(self, title, explanation=''):
        self.record(scene=title)
        self._print(f'\n== {title}', '1')
        if explanation:
            self._print(f'   {explanation}', '2')

    def note(self, text):
        self._print(f'   {text}')

    def request(self, command, identity):
        """A command line that a person could type."""
        self.record(request=command, **{'as': identity})
        self._print(f'   $ {command}', '36')

    def said(self, who, line):
        if self.stopping:
            return
        self.record(**{'from': who, 'said': line})
        self._print(f'     {who:<9}| {line}', '33' if who == 'gateway' else '')

    def reason(self, reason, of):
        """A reason as it came over the wire."""
        self.record(reason=reason, of=of)

    def held(self, text):
        self._print(f'   -> {text}', '32')

    def prompt(self, text):
        with self._lock:
            print(f'   >>> {text} ', end='', flush=True)

    def audit(self, line):
        self.record(audit=line)

    def audit_of_transcript(self):
        """The lines of the export as the transcript holds them; None if there is no transcript."""
        if not self._file:
            return None
        with open(self._file.name, encoding='utf-8') as file:
            entries = [json.loads(line) for line in file]
        return [entry['audit'] + '\n' for entry in entries if 'audit' in entry]

    def close(self):
        if self._file:
            self._file.close()
