"""Runs what the chart renders, with the real programs, and asks what `helm test` asks.

usage: running.py MANIFESTS-AS-JSON FOLDER RUNFILES [ALERTS-OR-DASHBOARD...]
"""
import os
import sys
import urllib.request

import pods
import series


def programs(runfiles):
    def find(name):
        if name == 'valkey-server':
            return os.path.join(runfiles, 'valkey/usr/bin/valkey-server')
        return os.path.join(runfiles, 'u2fi', pods.PROGRAMS.get(name, f'services/{name}/{name}'))
    return find


def scrape(cluster, name):
    port = cluster.pods[name]['ports'][9464]
    with urllib.request.urlopen(f'http://127.0.0.1:{port}/metrics', timeout=20) as page:
        return series.parse(page.read().decode())


def run(cluster, paths):
    """Problems, as sentences."""
    order = ['u2fi-redis', 'u2fi-standalone', 'u2fi-challenge', 'u2fi-attestation', 'u2fi-device-registry',
             'u2fi-command-gate']
    started = [name for name in order if name in cluster.pods]
    for name in started:
        cluster.start(name)
    found = []
    code, said = cluster.run('u2fi-test')
    if code != 0:
        found.append(f'helm test fails ({code}): {said}')
    exported = [one for name in started if name != 'u2fi-redis' for one in scrape(cluster, name)]
    if not any(name == 'u2fi_build_info' for name, _ in exported):
        found.append('there are no metrics')
    if paths:
        found += series.problems(paths, exported)
        # The check must be able to fail.
        without = [one for one in exported if one[0] != 'u2fi_command_gate_alarms_total']
        if not series.problems(paths, without):
            found.append('a series that is missing was not noticed')
    print(f'{len(started)} pods ran, {len(exported)} series')
    found += [f'{name} ended badly: {cluster.log(name)}' for name in cluster.stop()]
    return found


def main(manifests, folder, runfiles, *paths):
    cluster = pods.Cluster(pods.load(manifests), folder, programs(runfiles))
    try:
        found = run(cluster, paths)
    finally:
        cluster.stop()
    for one in found:
        print('FAILED:', one)
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
