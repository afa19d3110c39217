"""Runs what the chart renders, with the real programs, and asks what `helm test` asks.

usage: running.py MANIFESTS-AS-JSON FOLDER RUNFILES ALERTS-OR-DASHBOARD...
"""
import os
import subprocess
import sys
import urllib.request

import pods
import series

AGENT = 'u2fi-gateway-agent-example'


def programs(runfiles):
    def find(name):
        if name in ('install', 'sh'):
            return '/usr/bin/' + name
        if name == 'valkey-server':
            return os.path.join(runfiles, 'valkey/usr/bin/valkey-server')
        return os.path.join(runfiles, 'u2fi', pods.PROGRAMS.get(name, f'services/{name}/{name}'))
    return find


def make_identity(cluster, folder, program, identity):
    """A folder with a certificate from the evaluation CA, as NOTES.txt tells people to make it."""
    certificates = os.path.join(folder, 'certificates')
    os.makedirs(certificates, exist_ok=True)
    for name, content in cluster.files('u2fi-evaluation-ca').items():
        with open(os.path.join(certificates, name), 'w', encoding='utf-8') as file:
            file.write(content)
    subprocess.run([program('dev-ca'), '--out', certificates, identity], check=True, stdout=subprocess.DEVNULL)
    return os.path.join(certificates, identity)


def bring_gateway(cluster, folder, program):
    """The Secrets of the example's gateway."""
    identity = make_identity(cluster, folder, program, 'gateway/t1/home/g1')
    made = {}
    for name in ('tls.crt', 'tls.key', 'ca.crt'):
        with open(os.path.join(identity, name), encoding='utf-8') as file:
            made[name] = file.read()
    cluster.put('gateway-g1', made)
    cluster.put('gateway-g1-broker', {'password': 'not asked for here'})


def make_account(cluster, folder, program):
    """The third command of NOTES.txt; what it says if it fails."""
    command = [program('u2fi'), '--gate', cluster.address('u2fi-command-gate'),
               '--identity', make_identity(cluster, folder, program, 'operator/t1/olga')]
    if 'u2fi-device-registry' in cluster.pods:
        command += ['--registry', cluster.address('u2fi-device-registry')]
    done = subprocess.run(command + ['create-account', 'ann'], capture_output=True, text=True, check=False, timeout=60)
    return [] if done.returncode == 0 else [f'no account was made: {done.stdout}{done.stderr}']


def scrape(cluster, name):
    port = cluster.pods[name]['ports'][9464]
    with urllib.request.urlopen(f'http://127.0.0.1:{port}/metrics', timeout=20) as page:
        return series.parse(page.read().decode())


def run(cluster, folder, program, paths):
    """Problems, as sentences."""
    order = ['u2fi-redis', 'u2fi-standalone', 'u2fi-challenge', 'u2fi-attestation', 'u2fi-device-registry',
             'u2fi-command-gate', AGENT]
    started = [name for name in order if name in cluster.pods]
    for name in started:
        cluster.start(name)
    found = make_account(cluster, folder, program)
    code, said = cluster.run('u2fi-test')
    if code != 0:
        found.append(f'helm test fails ({code}): {said}')
    exported = [one for name in started if name not in ('u2fi-redis', AGENT) for one in scrape(cluster, name)]
    if not any(name == 'u2fi_build_info' for name, _ in exported):
        found.append('there are no metrics')
    for service in ('u2fi_attestation_', 'u2fi_command_gate_'):
        if not any(name.startswith(service) for name, _ in exported):
            found.append(f'nobody exports {service}*')
    standalone = 'u2fi-standalone' in cluster.pods
    found += series.problems(paths, exported, standalone)
    # The check must be able to fail.
    without = [one for one in exported if one[0] != 'u2fi_command_gate_alarms_total']
    if not series.problems(paths, without, standalone):
        found.append('a series that is missing was not noticed')
    print(f'{len(started)} pods ran, {len(exported)} series')
    found += [f'{name} ended badly: {cluster.log(name)}' for name in cluster.stop()]
    return found


def main(manifests, folder, runfiles, *paths):
    cluster = pods.Cluster(pods.load(manifests), folder, programs(runfiles))
    if AGENT in cluster.pods:
        bring_gateway(cluster, folder, programs(runfiles))
    try:
        found = run(cluster, folder, programs(runfiles), paths)
    finally:
        cluster.stop()
    for one in found:
        print('FAILED:', one)
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
