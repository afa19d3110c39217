#!/usr/bin/env python3
"""Writes advice.cc from the tables of reasons in protos/README.md. usage: make_advice.py README.md > advice.cc"""
import json
import re
import sys

ROW = re.compile(r'^\| `([A-Z0-9_]+)` \| ([A-Z_]+) \| (.*) \| (.*) \|$')
rows = {}
with open(sys.argv[1], encoding='utf-8') as readme:
    for line in readme:
        match = ROW.match(line.rstrip('\n'))
        if match:
            # Said behind an error, "Nothing." would look like its end.
            rows[match.group(1)] = '' if match.group(4) == 'Nothing.' else match.group(4).replace('`', '')
if len(rows) < 100:
    sys.exit('make_advice: the tables of reasons were not found')
print('#include "tools/u2fi/advice.h"\n\nnamespace u2fi::cli {\nnamespace {\n')
print('struct Row {\n  absl::string_view reason;\n  absl::string_view advice;\n};\n\nconstexpr Row kRows[] = {')
for reason, advice in sorted(rows.items()):
    print('    {%s, %s},' % (json.dumps(reason), json.dumps(advice)))
print('};\n\n}  // namespace\n\nabsl::string_view AdviceFor(absl::string_view reason) {')
print('  for (const Row& row : kRows) {\n    if (row.reason == reason) return row.advice;\n  }\n  return "";\n}\n')
print('}  // namespace u2fi::cli')
