"""Plays the part of Kubernetes for a rendered chart, as far as processes of one machine can: volumes, mounts,
environment, init containers, Services. Each pod has a folder of its own in the place of its root."""
import json
import os
import re
import socket
import subprocess
import time

PROGRAMS = {'dev-ca': 'tools/dev-ca/dev-ca', 'u2fi': 'tools/u2fi/u2fi'}

# A path of a pod: the whole text, or a string in JSON.
FOLDER = re.compile(r'(^|")(/(?:etc/u2fi|var/lib/u2fi|tmp|data)(?=[/"]|$))')


def free_port():
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return one.getsockname()[1]


def pod_template(thing):
    """Labels and spec of the pod that a manifest describes; nothing if it describes none."""
    if thing['kind'] == 'Pod':
        return thing['metadata'].get('labels', {}), thing['spec']
    template = thing.get('spec', {}).get('template') if thing['kind'] in ('Deployment', 'StatefulSet') else None
    return (template['metadata']['labels'], template['spec']) if template else None


def environment(container, secrets=None, address='127.0.0.1'):
    """The variables of a container, whose pod has this address. `secrets` are files by name of the Secret."""
    values = {}
    for variable in container.get('env', []):
        source = variable.get('valueFrom', {})
        if 'fieldRef' in source:
            assert source['fieldRef']['fieldPath'] == 'status.podIP', source
            values[variable['name']] = address
        elif source:
            values[variable['name']] = secrets[source['secretKeyRef']['name']][source['secretKeyRef']['key']]
        else:
            # As the kubelet does: what stands before it is put in.
            text = variable['value']
            for name, value in values.items():
                text = text.replace(f'$({name})', value)
            values[variable['name']] = text
    return values


def main_container(spec):
    """The native sidecar, if there is one: in this chart it is what matters."""
    sidecars = [one for one in spec.get('initContainers', []) if one.get('restartPolicy') == 'Always']
    return (sidecars + spec['containers'])[0]


class Cluster:
    """`manifests` are JSON objects. `programs` maps a command's name to a file."""

    def __init__(self, manifests, folder, programs):
        self._folder = folder
        self._program = programs
        self._files = {}
        self._services = []
        self.pods = {}
        self._running = []
        for thing in manifests:
            name = thing['metadata']['name']
            if thing['kind'] in ('ConfigMap', 'Secret'):
                self._files[name] = {**thing.get('data', {}), **thing.get('stringData', {})}
            elif thing['kind'] == 'Service':
                self._services.append(thing)
            elif pod_template(thing):
                labels, spec = pod_template(thing)
                self.pods[name] = {'labels': labels, 'spec': spec, 'root': os.path.join(folder, name),
                                   'ports': {port['containerPort']: free_port()
                                             for port in main_container(spec).get('ports', [])}}
        self._addresses = dict(self._address(service) for service in self._services)

    def put(self, name, files):
        """A Secret that comes from outside."""
        self._files[name] = files

    def files(self, name):
        return self._files[name]

    def address(self, service):
        """Where a Service leads, by a name that is in every certificate."""
        found = [address for host, address in self._addresses.items() if host.startswith(service + '.')]
        return found[0].replace('127.0.0.1', 'localhost')

    def _address(self, service):
        """host:port of a Service, and where its first pod really listens."""
        selector = service['spec']['selector']
        name, port = service['metadata']['name'], service['spec']['ports'][0]
        for pod in self.pods.values():
            if selector.items() <= pod['labels'].items():
                numbers = {p['name']: p['containerPort'] for p in pod['spec']['containers'][0]['ports']}
                host = f'{name}.{service["metadata"]["namespace"]}.svc.cluster.local:{port["port"]}'
                return host, f'127.0.0.1:{pod["ports"][numbers[port["targetPort"]]]}'
        raise AssertionError(f'Service {name} leads to no pod')

    def _here(self, pod, text):
        """What a pod says, in terms of this machine."""
        for host, address in self._addresses.items():
            text = text.replace('dns:///' + host, address).replace(host, address.replace('127.0.0.1', 'localhost'))
        for port, real in pod['ports'].items():
            text = text.replace(f'0.0.0.0:{port}', f'127.0.0.1:{real}').replace(f'":{port}"', f'"127.0.0.1:{real}"')
        return FOLDER.sub(lambda found: found[1] + pod['root'] + found[2], text)

    def _mount(self, pod, container):
        volumes = {volume['name']: volume for volume in pod['spec'].get('volumes', [])}
        # Whole folders first: files are laid over them.
        for mount in sorted(container.get('volumeMounts', []), key=lambda m: 'subPath' in m):
            volume = volumes.get(mount['name'], {})
            name = volume.get('secret', {}).get('secretName') or volume.get('configMap', {}).get('name')
            files = self._files[name] if name else {}
            for file in files:
                if 'subPath' in mount and mount['subPath'] != file:
                    continue
                path = mount['mountPath'] if 'subPath' in mount else os.path.join(mount['mountPath'], file)
                self._write(pod['root'] + path, self._here(pod, files[file]))
            if 'subPath' not in mount:
                os.makedirs(pod['root'] + mount['mountPath'], exist_ok=True)

    @staticmethod
    def _write(path, content):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(content)
        os.chmod(path, 0o640)

    def _environment(self, pod, container):
        given = environment(container, self._files, '0.0.0.0')
        plain = {one['name'] for one in container.get('env', []) if 'value' in one}
        return {name: self._here(pod, value) if name in plain else value for name, value in given.items()}

    def _command(self, pod, container):
        values = self._environment(pod, container)
        arguments = []
        for argument in container['args']:
            for name, value in values.items():
                argument = argument.replace(f'$({name})', value)
            arguments.append(self._here(pod, argument))
        program = os.path.basename(container['command'][0])
        if program == 'valkey-server':
            arguments += ['--port', str(pod['ports'][6379]), '--bind', '127.0.0.1']
        return [self._program(program)] + arguments, {**os.environ, **values}

    def _prepare(self, name):
        pod = self.pods[name]
        main = main_container(pod['spec'])
        for container in pod['spec'].get('initContainers', []):
            if container is main:
                continue
            self._mount(pod, container)
            command, environment = self._command(pod, container)
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        self._mount(pod, main)
        return pod, self._command(pod, main)

    def run(self, name):
        """Runs a pod to its end; its exit code and what it said."""
        _, (command, environment) = self._prepare(name)
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def start(self, name, seconds=60):
        """Starts a pod, and waits until all its ports answer."""
        pod, (command, environment) = self._prepare(name)
        with open(os.path.join(self._folder, name + '.log'), 'wb') as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self._running.append((name, process))
        end = time.monotonic() + seconds
        for port in pod['ports'].values():
            while socket.socket().connect_ex(('127.0.0.1', port)) != 0:
                if process.poll() is not None or time.monotonic() > end:
                    raise AssertionError(f'{name} does not come up:\n{self.log(name)}')
                time.sleep(0.05)

    def log(self, name):
        with open(os.path.join(self._folder, name + '.log'), encoding='utf-8', errors='replace') as log:
            return log.read()[-3000:]

    def stop(self):
        """Ends all, the last one first; the names of those that ended badly."""
        bad = []
        for name, process in reversed(self._running):
            process.terminate()
            if process.wait(60) != 0:
                bad.append(name)
        self._running = []
        return bad


def load(path):
    with open(path, encoding='utf-8') as lines:
        return [json.loads(line) for line in lines]
