#!/usr/bin/env python3
"""Prints the deepest stack in bytes below a function, from GCC's call graphs.

  stack_depth.py FUNCTION FILE.ci...    (made by -fcallgraph-info=su)

Calls through pointers are taken as calls of every function whose address is in
one of the kit's tables (named on the command line as FUNCTION=a,b,c), except
for the device's own SHA-256 and P-256, which cost nothing here. Recursion is an
error.
"""
import re
import sys

NODE = re.compile(r'node: \{ title: "([^"]+)" label: "([^"]*)"')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')


def name(title):
    return title.split(":")[-1].split(".")[0]


def read(paths):
    """Function → bytes of its own frame, function → callees."""
    frames, calls = {}, {}
    for path in paths:
        text = open(path).read()
        for title, label in NODE.findall(text):
            found = re.search(r"(\d+) bytes", label)
            if found:
                frames[name(title)] = int(found.group(1))
        for source, target in EDGE.findall(text):
            calls.setdefault(name(source), set()).add(name(target))
    return frames, calls


def depth(function, frames, calls, pointers, path=()):
    if function in path:
        sys.exit(f"recursion: {' > '.join(path + (function,))}")
    callees = set(calls.get(function, ()))
    if "__indirect_call" in callees:
        callees |= set(pointers.get(function, ()))
    below = (depth(c, frames, calls, pointers, path + (function,)) for c in callees)
    return frames.get(function, 0) + max(below, default=0)


def main():
    arguments = [a for a in sys.argv[1:] if not a.endswith(".ci")]
    frames, calls = read([a for a in sys.argv[1:] if a.endswith(".ci")])
    pointers = {}
    for argument in arguments[1:]:
        function, targets = argument.split("=")
        pointers[function] = targets.split(",")
    if arguments[0] not in frames:
        sys.exit(f"no function {arguments[0]}")
    print(depth(arguments[0], frames, calls, pointers))


if __name__ == "__main__":
    main()
