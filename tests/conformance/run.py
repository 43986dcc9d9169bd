#!/usr/bin/env python3
"""Runs the conformance data (records of other frameworks' own tests) against the library.

    POOLPACK_LIBRARY=build/libpoolpack.so tests/conformance/run.py [-v] [SUITE...]

The data lie in ../shared/conformance beside the project, or where POOLPACK_CONFORMANCE says; without them the run says
so and succeeds.  Their own runner, reference_check.py, compares; expected.txt says how many records of each suite pass
and why the others do not.  Fewer passes or an unexplained record fail the run; more passes are reported.
-v names every record that did not pass.
"""
import collections
import concurrent.futures
import importlib.util
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
EXPECTED = os.path.join(HERE, 'expected.txt')
DATA = os.environ.get('POOLPACK_CONFORMANCE') or os.path.normpath(os.path.join(HERE, '..', '..', '..', 'shared', 'conformance'))

DOCUMENTED = 'documented quirk or difference'
# What the runner says of a record that did not pass -> the reason under which expected.txt counts it.
REASONS = [(r'^skip no verification data', 'oneDNN problem too large to verify'),
           (r'^skip no expected shape', 'no result stated'),
           (r'^skip (?:unsupported: )?(.*)', r'\1'),
           (r'^informational ', 'accepted, a refusal that is the peer\'s API choice'),
           (r'^quirk-', DOCUMENTED)]


def run_suite(suite):
    """-> {reason: [record, ...]}, 'failed' and 'crashed' among them; 'passed': a list of the right length."""
    environment = dict(os.environ, PYTHONPATH=HERE, PYTHONDONTWRITEBYTECODE='1', OPENBLAS_NUM_THREADS='1')
    command = [sys.executable, '-u', os.path.join(DATA, 'reference_check.py'), '--adapter', 'poolpack_adapter']
    done = subprocess.run(command + ['--suite', suite, '-v'], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    records = collections.defaultdict(list)
    for state, name, why in re.findall(r'^    (\S+) (\S+) - (.*)$', done.stdout, re.M):
        for pattern, reason in REASONS:
            match = re.match(pattern, '%s %s' % (state, why))
            if match:
                records[match.expand(reason)].append((name, why))
                break
        else:
            records['failed'].append((name, why))
    summary = re.search(r'^%s +(\d+) cases \(.*?\): (.*)  ' % suite, done.stdout, re.M)
    if not summary:
        records['failed'].append((suite, 'the runner ended with status %d: %s' % (done.returncode, done.stdout[-2000:])))
        return records
    total = int(summary[1])
    records['passed'] = [None] * (total - sum(map(len, records.values())))
    partial = re.search(r'(\d+) partial: no indices', summary[2])
    records['passed without indices: convention of a later issue'] = [None] * int(partial[1] if partial else 0)
    return records


def read_expected():
    counts, known = {}, {}
    with open(EXPECTED) as lines:
        for line in lines:
            words = line.split(None, 2)
            if not words or words[0].startswith('#'):
                continue
            if words[0] == 'documented':
                known[words[1]] = words[2].strip()
            else:
                counts[words[0], words[2].strip()] = int(words[1])
    return counts, known


def compare(suite, records, expected):
    """Prints what differs from expected.txt; returns the number of complaints."""
    complaints = 0
    wanted = {reason: count for (name, reason), count in expected.items() if name == suite}
    for reason in sorted(set(records) | set(wanted)):
        got, want = len(records.get(reason, [])), wanted.get(reason, 0)
        if reason == 'failed' or got == want:
            continue
        worse = got < want if reason == 'passed' else got > want
        complaints += worse
        print('%s %s: %d %s, expected.txt has %d' % ('WORSE:' if worse else 'better:', suite, got, reason, want))
    return complaints


def main():
    verbose = '-v' in sys.argv[1:]
    chosen = [a for a in sys.argv[1:] if a != '-v']
    if not os.path.exists(os.path.join(DATA, 'reference_check.py')):
        print('conformance data not found at %s: skipped' % DATA)
        return 0
    if not os.path.exists(os.environ.get('POOLPACK_LIBRARY', '')):
        print('environment POOLPACK_LIBRARY must name the shared library', file=sys.stderr)
        return 2
    if not importlib.util.find_spec('numpy'):
        print('%s has no NumPy (Debian: /usr/bin/python3 and package python3-numpy)' % sys.executable, file=sys.stderr)
        return 2
    expected, known = read_expected()
    suites = chosen or sorted(d for d in os.listdir(DATA) if os.path.exists(os.path.join(DATA, d, 'cases.json')))
    by_size = sorted(suites, key=lambda s: -os.path.getsize(os.path.join(DATA, s, 'cases.json')))
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        results = dict(zip(by_size, pool.map(run_suite, by_size)))

    total, reasons, complaints = collections.Counter(), collections.Counter(), 0
    for suite in suites:
        records = results[suite]
        for record in [r for r in records['failed'] if r[0] in known]:
            records['failed'].remove(record)
            records[DOCUMENTED].append((record[0], known[record[0]]))
        for reason, members in sorted(records.items()):
            for name, why in members if verbose or reason == 'failed' else []:
                if name:
                    print('%s %s: %s' % ('FAIL' if reason == 'failed' else '    ', name, why if reason == 'failed' else reason))
        passed, failed = len(records['passed']), len(records['failed'])
        others = {r: len(m) for r, m in records.items() if r not in ('passed', 'failed') and m}
        skipped = sum(count for reason, count in others.items() if not reason.startswith('passed'))
        print('%-12s %4d passed, %d failed, %d skipped' % (suite, passed, failed, skipped))
        total.update(passed=passed, failed=failed, skipped=skipped)
        reasons.update(others)
        complaints += compare(suite, records, expected)
    print()
    for reason, count in sorted(reasons.items()):
        print('%5d %s' % (count, reason))
    print('%(passed)d passed, %(failed)d failed, %(skipped)d skipped' % total)
    return 1 if total['failed'] or complaints else 0


if __name__ == '__main__':
    sys.exit(main())
