"""--serve: everything stays up, and the shell gets an environment."""
import os
import shlex

import place as p

# What the demo prints, and its test runs; README.md has some of them, too.
LINES = (
    'grpcurl $U2FI list',
    'grpcurl $U2FI describe u2fi.command_gate.v1.CommandGate.SubmitCommand',
    'grpcurl -d \'{"account":"ann"}\' $U2FI u2fi.command_gate.v1.CommandGate/ListCommands',
    'grpcurl -d \'{"account":"ann"}\' $U2FI_DEVICES u2fi.device_registry.v1.DeviceRegistry/ListDevices',
    'grpcurl -d \'{"account":"ann"}\' $U2FI_TOKENS u2fi.attestation.v1.Attestation/ListTokens',
    'grpcurl $U2FI_HEALTH grpc.health.v1.Health/Check',
    'u2fi devices',
    'u2fi run bulb-1 bulb.off',
)


def environment_file(place, cloud, site, grpcurl):
    """The text of demo.env."""
    addresses = cloud.addresses()
    folder = place.identity(p.OPERATOR)
    flags = f'-cacert {folder}/ca.crt -cert {folder}/tls.crt -key {folder}/tls.key'
    gate = addresses['U2FI_GATE']
    values = {
        **addresses, 'U2FI_IDENTITY': place.identity(p.CLIENT), 'U2FI_ACCOUNT': p.ACCOUNT,
        'U2FI_TRUST_DOMAIN': p.TRUST_DOMAIN, 'U2FI': f'{flags} {gate}',
        'U2FI_DEVICES': f'{flags} {addresses.get("U2FI_REGISTRY", gate)}',
        'U2FI_TOKENS': f'{flags} {addresses.get("U2FI_ATTESTATION", gate)}',
        'U2FI_HEALTH': f'-plaintext -protoset {place.protoset()} localhost:{cloud.health_port}',
        'U2FI_PROTOSET': place.protoset(), 'U2FI_KEY': site.key_control,
    }
    folders = [os.path.dirname(place.program(name)) for name in ('u2fi', 'soft-token', 'gateway-agent')]
    if grpcurl:
        folders.insert(0, os.path.dirname(os.path.abspath(grpcurl)))
    lines = ['# Of the running tools/demo --serve; gone when it ends. For sh and bash: . ./demo.env']
    lines += [f'export {name}={shlex.quote(value)}' for name, value in values.items()]
    lines.append(f'PATH={shlex.quote(":".join(folders))}:$PATH')
    return '\n'.join(lines) + '\n'


def instructions(mentions_touch=True):
    """What to type next, one line each."""
    lines = ['. ./demo.env', *LINES]
    if mentions_touch:
        lines += ['u2fi run cam-1 camera.off & sleep 1; soft-token --control $U2FI_KEY --send touch; wait $!']
    return lines


