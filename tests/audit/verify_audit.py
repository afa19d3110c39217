#!/usr/bin/env python3
"""A second verifier of complete audit exports, written from services/common/audit/README.md and the .proto files alone.
usage: verify_audit.py FILE    prints "OK ..." or "BAD line N: why" and exits 0 or 1. Needs the openssl program.
It checks forms, chains, checkpoints, Merkle paths, challenges, token and relay signatures, that whatever became APPROVED
has touches, and follows keys through u2fi.enrol and u2fi.pins. Purposes, rules, roles, whether what was dispatched was
approved, and what writers saw of each other are left to `u2fi audit verify`."""
import base64, glob, hashlib, json, os, re, subprocess, sys, tempfile
SPKI = bytes.fromhex('3059301306072a8648ce3d020106082a8648ce3d030107034200')  # Of a P-256 key, before the point.
MESSAGES, chains, keys, touches, tokens, pins, points = {}, {}, {}, {}, {}, {}, {}  # MESSAGES: name → {number: field}.
LOST_RACE, REFUSED, QUARANTINED, LEASE, checked, later, gated, handed = 18, 2, 3, 6, [], [], {}, []
seen, bodies, erased, faults = set(), [], {}, {}  # Hashes of rows with a body; they; row hash → no body so far; by line.
FILES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../protos/u2fi/%s/v1/*.proto')
for path in glob.glob(FILES % 'audit') + glob.glob(FILES % 'proof'):
    for name, block in re.findall(r'^message (\w+) {\n(.*?)^}', open(path, encoding='utf-8').read(), re.M | re.S):
        fields = re.findall(r'^  (repeated )?(?:\w+\.)*(\w+) (\w+) = (\d+);', block, re.M)
        MESSAGES[name] = {int(number): field for *field, number in fields}
def need(fact, why):
    if not fact: raise ValueError(why)
def sha(*parts):
    return hashlib.sha256(b''.join(p.encode() if isinstance(p, str) else p for p in parts)).digest()
def unb64(text):
    data = base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
    need(data and base64.urlsafe_b64encode(data).decode().rstrip('=') == text, 'base64url')
    return data
def varint(data, pos):
    end = next(i for i in range(pos, pos + 10) if data[i] < 0x80)
    value = sum((byte & 0x7f) << 7 * i for i, byte in enumerate(data[pos:end + 1]))
    need((end == pos or data[end]) and value < 2**64, 'varint')
    return value, end + 1
def parse(name, data):  # The strict profile.
    out, pos, last = {'raw': data}, 0, 0
    while pos < len(data):
        tag, pos = varint(data, pos)
        many, kind, field = MESSAGES[name][tag >> 3]
        need(tag >> 3 > last or tag >> 3 == last and many, name + ': order of fields')
        value, pos = varint(data, pos)
        need(value and tag & 7 == (2 if kind in MESSAGES or kind in ('bytes', 'string') else 0), name + ': field')
        if tag & 7:
            need(value <= len(data) - pos, name + ': truncated')
            value, pos = data[pos:pos + value], pos + value
            value = value.decode() if kind == 'string' else parse(kind, value) if kind in MESSAGES else value
        out[field], last = out.get(field, []) + [value] if many else value, tag >> 3
    need(out.get('format', 1) == 1, name + ': format')
    return out
def signed(point, message, signature, why):  # ECDSA on P-256 over SHA-256(message).
    with tempfile.NamedTemporaryFile() as key, tempfile.NamedTemporaryFile() as sig:
        for file, data in (key, SPKI + point), (sig, signature): file.write(data), file.flush()
        command = ['openssl', 'dgst', '-sha256', '-keyform', 'DER', '-verify', key.name, '-signature', sig.name]
        need(subprocess.run(command, input=message, capture_output=True).returncode == 0, why)
def climb(node, index, size, path):  # The root of an RFC 6962 tree.
    if size == 1 and not path: return node
    half = 1 << (size - 1).bit_length() - 1
    if index < half: return sha(b'\1', climb(node, index, half, path[:-1]), path[-1])
    return sha(b'\1', path[-1], climb(node, index - half, size - half, path[:-1]))
def check_touch(touch, body, known, gateways, rp_id_hash):
    asked, client = parse('AuthorizationStatement', touch['statement']), json.loads(touch['client_data'])
    data, gateway, when = touch['authenticator_data'], asked.get('approver_gateway'), touch.get('touched_at_ms')
    leaf, challenge = sha(b'\0', 'u2fi/cmd/v1', body['command']), sha('u2fi/authz/v1', touch['statement'])
    need(body.get('index', 0) < asked['batch_size'] <= 1000, 'index')
    need(climb(leaf, body.get('index', 0), asked['batch_size'], body.get('path', [])) == asked['batch_root'], 'path')
    need(unb64(client['challenge']) == challenge, 'challenge')
    need(rp_id_hash in (None, data[:32]) and data[32] & 1, 'relying party or flags')
    signed(known[touch['token_id']], data + sha(touch['client_data']), touch['signature'], 'token signature')
    checked.append(touch)
    if not gateway: return  # Taken in a browser: nothing was relayed.
    need(when <= asked['approve_by_ms'], 'touched too late')
    relayed = b'u2fi/relay/v1' + challenge + sha(data, touch['signature']) + when.to_bytes(8, 'big')
    jwk, relay = client.get('cid_pubkey'), (relayed, touch['relay_signature'], 'relay signature')
    point = b'\4' + unb64(jwk['x']) + unb64(jwk['y']) if jwk else gateways.get(gateway)
    if not point: return later.append((number, asked['channel_key'], relay))  # WebAuthn does not name the gateway's key.
    need(sha(SPKI, point) == asked['channel_key'] and gateways.get(gateway, point) == point, 'channel key')
    signed(point, *relay)
def check_body(header, body):  # False: it lacks evidence.
    found = body.get('approvals', []) + [touches.get(ref) for ref in body.get('approval_refs', [])]
    refused = header['kind'] == LOST_RACE or body.get('outcome') in (REFUSED, QUARANTINED)
    moved = header['writer']['service'] == 'command-gate' and body.get('state_before') != body.get('state_after')
    claims = moved and header['kind'] != LOST_RACE and 'command' in body and body.get('state_after') == 'APPROVED'
    need(not claims or found and not refused, 'approved by nobody')
    if refused or 'command' not in body or not found: return True
    if None in found: return False
    command = parse('Command', body['command'])
    device, known, gateways, rp_id_hash = command['device'], {}, {}, None
    if device.startswith('account:'):
        known = tokens.setdefault((header['writer']['tenant'], device), {})
        if command['operation'] == 'u2fi.enrol':
            enrol, new = parse('EnrolArguments', command['arguments']), body['evidence']['registration']
            parts = [len(new[p]).to_bytes(4, 'big') + new[p] for p in ('credential_id', 'public_key', 'attestation')]
            need(sha('u2fi/enrol/v1', *parts) == enrol['registration_digest'], 'registration')
            need(len(found) > 1 or not set(known) - {enrol['token_id']}, 'no enrolled token agreed')
            known[enrol['token_id']] = new['public_key']
        if not {touch['token_id'] for touch in found} <= set(known): return False
    else:
        new = parse('PinSet', command['arguments']) if command['operation'] == 'u2fi.pins' else None
        # Of two changes of one set both may have been approved: the registry took one.
        sets = {sha('u2fi/pins/v1', one['raw']): one for one in pins.get(device, [])}
        present = sets.get(new['previous']) if new and new['revision'] > 1 else new or pins.get(device, [None])[-1]
        need(present or not (new and sets), 'previous pin set')
        if not present: return False
        for believed in new or present, present, *(one for one in sets.values() if one['revision'] >= present['revision']):
            known.update({key['token_id']: key['point'] for key in believed['keys']})
            gateways.update({gateway['id']: gateway['point'] for gateway in believed['gateways']})
            points.update({sha(SPKI, point): point for point in gateways.values()})
        agreed = {key['token_id'] for key in present['keys']} & {touch['token_id'] for touch in found}
        need(agreed or parse('AuthorizationStatement', found[0]['statement'])['purpose'] == LEASE, 'by no key it has')
        pins[device] = pins.get(device, []) + [new] * (new is not None)
        rp_id_hash = present['rp_id_hash']
    for touch in found: check_touch(touch, body, known, gateways, rp_id_hash)
    return True
def check_bodies():  # In the order of time, whatever the order of chains; what lacks something once more after the others.
    global number
    waiting, before = sorted(bodies, key=lambda each: each[1]['time_ms']), None
    while waiting != before:
        before, waiting = waiting, []
        for each in before:
            number = each[0]
            try: check_body(*each[1:]) or waiting.append(each)
            except Exception as error: faults[number] = error
    for number, _, _ in waiting:  # Erased, if anything was.
        if not any(erased.values()): faults[number] = ValueError('a touch, a token or a pin set is not in the file')
def check_row(record):
    header = parse('AuditHeader', unb64(record['header']))
    chain, sequence = chains.setdefault(header['writer']['raw'], []), header['sequence']
    this = (sha('u2fi/audit/v1', header['raw']), header['time_ms'])
    before = chain[-1] if chain else (b'', 0)
    follows = (sequence, header.get('previous', b'')) == (len(chain) + 1, before[0]) and this[1] >= before[1]
    need(follows or chain[sequence - 1] == this, 'neither follows the row before nor is one that came before')
    chain.extend([this] * follows)
    service, about = header['writer']['service'], {s for s in header.get('subjects', []) if s.startswith('commands/')}
    if service == 'command-gate' and header['kind'] != LOST_RACE and 'body' not in record:
        for subject in about: gated.setdefault(subject, set()).add(None)
    if 'body' not in record: return erased.setdefault(this[0], this[0] not in seen)  # Unless it comes later.
    salt, body = unb64(record['salt']), unb64(record['body'])
    need(len(salt) == 16 and sha(salt, body) == header['body_hash'], 'body')
    erased[this[0]] = False
    if this[0] in seen: return
    seen.add(this[0])
    body = parse('AuditBody', body)
    for subject in about if service == 'command-gate' and header['kind'] != LOST_RACE else ():
        gated.setdefault(subject, set()).update({body['command']} if 'command' in body else ())
    if not service.startswith('gateway/'):
        touches.update({sha('u2fi/audit-approval/v1', t['raw']): t for t in body.get('approvals', [])})
        return bodies.append((number, header, body))
    if body.get('state_after') == 'HANDED': handed.append((number, about, body.get('command')))
def check(record):
    if record['type'] == 'row': return check_row(record)
    if record['type'] == 'start': return need(record['format'] == 'u2fi-audit/1', 'format')
    if record['type'] == 'key': return keys.setdefault(record['kid'], unb64(record['point']))
    mark, kid = parse('Checkpoint', unb64(record['checkpoint'])), record['kid']
    journal = mark['writer']['service'].startswith('gateway/')
    need(not journal or kid == sha(SPKI, keys[kid]).hex(), 'a journal under another key')
    signed(keys[kid], b'u2fi/checkpoint/v1' + mark['raw'], unb64(record['signature']), 'checkpoint signature')
    chain = chains.get(mark['writer']['raw'], [])
    need(chain[mark['sequence'] - 1:] and chain[mark['sequence'] - 1][0] == mark['hash'], 'covered row')
try:
    for number, line in enumerate(open(sys.argv[1], encoding='ascii'), 1): check(json.loads(line))
    check_bodies()
    number = min(faults, default=0)
    if faults: raise faults[number]
    for number, key, relay in later: key in points and signed(points[key], *relay)  # Else nobody can check it.
    for number, about, command in handed:  # A gateway says so: the touches are in the gate's rows.
        for one in about: need(not gated or {command, None} & gated.get(one, set()), 'hidden')
except Exception as error:  # Whatever goes wrong here is the file's fault.
    sys.exit('BAD line %d: %r' % (number, error))
print('OK rows %d touches %d' % (sum(map(len, chains.values())), len(checked)))
