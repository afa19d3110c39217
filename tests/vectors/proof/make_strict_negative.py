#!/usr/bin/env python3
"""Writes strict_negative.json: encodings that every strict reader must refuse.

  tests/vectors/proof/make_strict_negative.py > tests/vectors/proof/strict_negative.json

It encodes by hand, without a protobuf library, so that it is a second opinion.
The rule named in a case is the first one that a reader from the front finds;
services/common/proof/strict.h lists the rules. A reader may use its own names.
"""
import json

BOUNDS = {"Command": 4096, "AuthorizationStatement": 2048, "PinSet": 2048, "Proof": 16384}
HASH = bytes(range(32))
POINT = b"\x04" + bytes(64)


def varint(value, extra=0):
    """`value` as a varint, with `extra` needless bytes."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    for _ in range(extra):
        out[-1] |= 0x80
        out.append(0)
    return bytes(out)


def num(field, value, extra=0):
    return varint(field << 3) + varint(value, extra)


def data(field, value, extra=0):
    return varint(field << 3 | 2) + varint(len(value), extra) + value


def command():
    return {1: num(1, 1), 2: data(2, b"a" * 26), 3: num(3, 2), 4: data(4, b"lock-1"), 5: data(5, b"gw-1"),
            6: num(6, 300), 7: data(7, b"door.unlock"), 8: data(8, b"{}")}


def statement():
    return {1: num(1, 1), 2: num(2, 3), 3: data(3, b"acme"), 4: data(4, b"alice"), 5: data(5, b"gw-1"),
            6: data(6, HASH), 7: data(7, b"home"), 8: data(8, b"e1"), 9: data(9, HASH), 10: data(10, HASH),
            11: num(11, 4), 12: num(12, 1), 13: data(13, b"uri alice"), 14: data(14, b"0" * 32),
            15: num(15, 1700000000000), 16: num(16, 1700000060000), 17: data(17, num(1, 1) + num(2, 1))}


def pin_set():
    key = data(1, b"tok-1") + data(2, b"alice") + data(3, POINT) + num(4, 1) + num(5, 1)
    gateway = data(1, b"gw-1") + data(2, b"home") + data(3, POINT) + num(4, 1) + num(5, 1)
    rule = data(1, b"lamp.on") + data(2, num(1, 1))
    return {1: num(1, 1), 2: data(2, b"lock-1"), 3: data(3, b"acme"), 4: data(4, b"alice"), 5: data(5, b"home"),
            6: num(6, 2), 7: data(7, HASH), 8: data(8, HASH), 9: data(9, key), 10: data(10, gateway),
            12: data(12, rule), 13: data(13, num(1, 3) + num(2, 1) + num(7, 1))}


def proof():
    approval = data(1, b"s") + data(2, b"c") + data(3, b"a") + data(4, b"g") + data(5, b"tok-1") + num(6, 9)
    return {1: data(1, approval), 2: num(2, 1), 3: data(3, HASH)}


VALID = {"Command": command(), "AuthorizationStatement": statement(), "PinSet": pin_set(), "Proof": proof()}
NUMBERS = {"Command": (1, 3, 6), "AuthorizationStatement": (1, 2, 11, 12, 15, 16), "PinSet": (1, 6), "Proof": (2,)}
NARROW = {"Command": (1, 3), "AuthorizationStatement": (1, 11), "PinSet": (1,), "Proof": (2,)}


def joined(fields):
    return b"".join(fields.values())


def content(field_bytes):
    """What is inside a length-delimited field whose length is one byte."""
    at = 2 if field_bytes[1] < 0x80 else 3
    return field_bytes[at:]


class Cases:
    def __init__(self):
        self.cases = []

    def add(self, message, name, encoded, rule):
        self.cases.append({"name": f"{message}: {name}", "message": message, "bound": BOUNDS[message],
                           "rule": rule, "hex": encoded.hex()})

    def each_field(self, message, fields):
        for number, encoded in fields.items():
            def swap(new):
                return joined({**fields, number: new})
            if number in NUMBERS[message]:
                value_at = len(varint(number << 3))
                value = encoded[value_at:]
                padded = encoded[:value_at] + value[:-1] + bytes([value[-1] | 0x80, 0])
                self.add(message, f"field {number} zero", swap(num(number, 0)), "DEFAULT")
                self.add(message, f"field {number} with a padded varint", swap(padded), "VARINT")
                self.add(message, f"field {number} as bytes", swap(data(number, b"\x01")), "UNKNOWN")
            else:
                self.add(message, f"field {number} empty", swap(data(number, b"")), "DEFAULT")
                self.add(message, f"field {number} with a padded length", swap(data(number, content(encoded), 1)),
                         "VARINT")
                self.add(message, f"field {number} as a number", swap(num(number, 1)), "UNKNOWN")
            if number in NARROW[message]:
                self.add(message, f"field {number} beyond 32 bits", swap(num(number, 1 << 32 | 1)), "VARINT")

    def whole(self, message, fields):
        encoded = joined(fields)
        first, second, *_ = fields
        self.add(message, "field twice", fields[first] * 2 + encoded[len(fields[first]):] if message != "Proof"
                 else joined({**fields, 2: fields[2] * 2}), "ORDER")
        swapped = {second: fields[second], first: fields[first], **fields}
        self.add(message, "two fields swapped", joined(swapped), "ORDER")
        self.add(message, "unknown field at the end", encoded + num(99, 1), "UNKNOWN")
        self.add(message, "unknown field in front", num(99, 1) + encoded, "UNKNOWN")
        self.add(message, "field number 0", b"\x00\x01" + encoded, "UNKNOWN")
        self.add(message, "padded tag", varint(first << 3 | (2 if message == "Proof" else 0), 1) +
                 encoded[1:], "VARINT")
        self.add(message, "a group", encoded + varint(90 << 3 | 3) + varint(90 << 3 | 4), "UNKNOWN")
        self.add(message, "a fixed32", varint(first << 3 | 5) + bytes(4) + encoded, "UNKNOWN")
        self.add(message, "a fixed64", varint(first << 3 | 1) + bytes(8) + encoded, "UNKNOWN")
        self.add(message, "cut off", encoded[:-1], "TRUNCATED")
        self.add(message, "tag without value", encoded + varint(99 << 3)[:1], "TRUNCATED")
        self.add(message, "length beyond the end", encoded[:-len(fields[max(fields)])] +
                 varint(max(fields) << 3 | 2) + varint(1 << 31), "TRUNCATED" if
                 fields[max(fields)][0] & 7 == 2 else "UNKNOWN")
        self.add(message, "varint of eleven bytes", b"\x80" * 10 + b"\x01" + encoded, "VARINT")
        tag = first << 3 | (2 if message == "Proof" else 0)
        self.add(message, "tag beyond 64 bits", bytes([tag | 0x80]) + b"\x80" * 8 + b"\x02" + encoded[1:], "VARINT")
        self.add(message, "control character", encoded.replace(b"-1", b"-\n").replace(b"uri ", b"uri\t"), "CONTENT")
        self.add(message, "invalid UTF-8", encoded.replace(b"-1", b"-\xff").replace(b"acme", b"acm\xc3"), "CONTENT")
        self.add(message, "too large", encoded + bytes(BOUNDS[message]), "SIZE")

    def inside(self):
        fields = pin_set()
        def pins(**new):
            return joined({**fields, **{int(k[1:]): v for k, v in new.items()}})
        key, rule = content(fields[9]), content(fields[12])
        self.add("PinSet", "key with a role of zero", pins(f9=data(9, key[:-4] + num(4, 0) + num(5, 1))), "DEFAULT")
        self.add("PinSet", "key with an unknown field", pins(f9=data(9, key + num(6, 1))), "UNKNOWN")
        self.add("PinSet", "key with a field twice", pins(f9=data(9, key + num(5, 1))), "ORDER")
        self.add("PinSet", "key cut off", pins(f9=data(9, key[:-1])), "TRUNCATED")
        self.add("PinSet", "may_approve is 2", pins(f10=data(10, content(fields[10])[:-4] + num(4, 2) + num(5, 1))),
                 "VARINT")
        self.add("PinSet", "rule with an empty rule", pins(f12=data(12, data(1, b"lamp.on") + data(2, b""))),
                 "DEFAULT")
        self.add("PinSet", "rule in a rule cut off", pins(f12=data(12, rule[:-1])), "TRUNCATED")
        self.add("PinSet", "rule kind of 64 bits", pins(f13=data(13, num(1, (1 << 64) - 1))), "VARINT")
        self.add("PinSet", "groups between keys", pins(f9=fields[9] + varint(9 << 3 | 3) + fields[9]), "UNKNOWN")
        self.add("PinSet", "keys not together", pins(f10=fields[10] + fields[9]), "ORDER")
        approval = content(proof()[1])
        self.add("Proof", "approval with a field twice", joined({**proof(), 1: data(1, approval + num(6, 9))}),
                 "ORDER")
        self.add("Proof", "approvals not together", joined({**proof(), 2: proof()[2] + proof()[1]}), "ORDER")
        self.add("AuthorizationStatement", "required with uv 0",
                 joined({**statement(), 17: data(17, num(1, 0) + num(2, 1))}), "DEFAULT")
        self.add("AuthorizationStatement", "required with uv twice",
                 joined({**statement(), 17: data(17, num(1, 1) * 2)}), "ORDER")


def main():
    cases = Cases()
    for message, fields in VALID.items():
        cases.each_field(message, fields)
        cases.whole(message, fields)
    cases.inside()
    valid = [{"message": m, "hex": joined(f).hex()} for m, f in VALID.items()]
    print(json.dumps({"about": "Encodings that strict readers refuse, and one of each message that they take.",
                      "valid": valid, "cases": cases.cases}, indent=1))


if __name__ == "__main__":
    main()
