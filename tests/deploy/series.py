"""Which series do alerts and dashboards name, and are they among those that programs export?"""
import json
import re

NAME = re.compile(r'\b((?:u2fi|grpc_server)_[a-z_]+)(\{[^{}]*\})?')
MATCHER = re.compile(r'([a-z_]+)\s*(=~|!=|!~|=)\s*"((?:[^"\\]|\\.)*)"')
# Given by whoever scrapes, not by the program.
FROM_OUTSIDE = {'namespace', 'instance', 'job', 'pod'}
LABELS = re.compile(r'(?:by|without)\s*\(([^)]*)\)')


def parse(page):
    """The series of a /metrics page: [(name, {label: value})]."""
    series = []
    for line in page.splitlines():
        if line and not line.startswith('#'):
            name, labels = re.match(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})?\s', line).groups()
            series.append((name, dict(re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', labels or ''))))
    return series


# Rules of what standalone does not have; panels say so themselves.
MESH_RULES = ('U2FiServiceMissing', 'U2FiPeerUnreachable')
MESH_PANEL = 'Not in mode standalone.'


def expressions(paths, standalone):
    """(file, PromQL) of every rule and panel; of those that have something to say where one process is all."""
    for path in paths:
        with open(path, encoding='utf-8') as file:
            text = file.read()
        if path.endswith('.json'):
            for panel in json.loads(text)['panels']:
                if standalone and MESH_PANEL in panel.get('description', ''):
                    continue
                for target in panel['targets']:
                    yield f'{path}: {panel["title"]}', target['expr']
        else:
            for rule in re.split(r'\n\s+- alert: ', text)[1:]:
                name, rest = rule.split('\n', 1)
                if standalone and name in MESH_RULES:
                    continue
                yield f'{path}: {name}', re.search(r'expr: (.*?)\n\s+(?:for|labels):', rest, re.S).group(1)


def agrees(labels, matchers):
    """Whether a series fits; every alternative of a =~ has to be checked on its own."""
    for name, operator, value in matchers:
        if name in FROM_OUTSIDE:
            continue
        if name not in labels:
            return False
        equal = re.fullmatch(value, labels[name]) if '~' in operator else labels[name] == value
        if bool(equal) == operator.startswith('!'):
            return False
    return True


def variants(matchers):
    """The matchers once for each alternative of their plain =~ lists."""
    result = [[]]
    for name, operator, value in matchers:
        plain = operator == '=~' and re.fullmatch(r'[\w|]+', value)
        choices = [(name, '=', one) for one in value.split('|')] if plain else [(name, operator, value)]
        result = [row + [choice] for row in result for choice in choices]
    return result


def problems(paths, exported, standalone):
    """One sentence for each series or label that nothing exports."""
    found = []
    count = 0
    known = {label for _, labels in exported for label in labels} | FROM_OUTSIDE | {'le'}
    for where, expression in expressions(paths, standalone):
        for name, selector in NAME.findall(expression):
            count += 1
            for matchers in variants(MATCHER.findall(selector)):
                if not any(name == n and agrees(labels, matchers) for n, labels in exported):
                    found.append(f'{where}: nothing exports {name} with {matchers}')
        for group in LABELS.findall(expression):
            found += [f'{where}: no series has the label {label.strip()}'
                      for label in group.split(',') if label.strip() not in known]
    if count < 40:
        found.append(f'only {count} series were found in the expressions')
    return found
