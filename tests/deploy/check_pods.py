"""Shows the configuration in effect of every pod: its file, under its environment, through its program.

usage: check_pods.py MANIFESTS-AS-JSON RUNFILES-OF-THIS-TREE
"""
import os
import subprocess
import sys
import tempfile

import pods


def show(program, content, environment):
    with tempfile.NamedTemporaryFile('w', suffix='.json') as file:
        file.write(content)
        file.flush()
        for flag in ('--check_config', '--print_config'):
            done = subprocess.run([program, '--config', file.name, flag], env={**os.environ, **environment}, text=True,
                                  capture_output=True, check=False)
            print(done.stdout + done.stderr)
            if done.returncode != 0:
                return False
    return True


def main(manifests, root):
    things = pods.load(manifests)
    files = {name: content for thing in things if thing['kind'] == 'ConfigMap'
             for name, content in thing.get('data', {}).items()}
    results = []
    for thing in things:
        if not pods.pod_template(thing):
            continue
        container = pods.pod_template(thing)[1]['containers'][0]
        name = os.path.basename(container['command'][0])
        environment = pods.environment(container)
        results.append(show(f'{root}/services/{name}/{name}', files[f'{name}.json'], environment))
    return 0 if results and all(results) else 1


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
