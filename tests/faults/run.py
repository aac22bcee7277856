#!/usr/bin/python3
"""Runs all fault tests: one process a file, two files at a time. SQLMIG_BIN names the binary.

  SQLMIG_BIN=/path/to/sqlmig /usr/bin/python3 tests/faults/run.py [part of a file's name ...]
"""

import concurrent.futures
import os
import re
import subprocess
import sys
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
# The longest first, so that both workers end at the same time.
FIRST = ['crash_test.py', 'dump_test.py', 'session_test.py', 'locks_test.py', 'races_test.py', 'faults_test.py', 'machine_test.py']


def run_file(name):
    start = time.monotonic()
    done = subprocess.run([sys.executable, '-B', os.path.join(FOLDER, name)], capture_output=True, text=True, check=False,
                          cwd=FOLDER)
    count = re.search(r'^Ran (\d+) test', done.stderr, re.MULTILINE)
    ran = int(count.group(1)) if count else 0
    return name, done.returncode == 0 and ran > 0, ran, time.monotonic() - start, done.stdout + done.stderr


def main():
    files = sorted(name for name in os.listdir(FOLDER) if name.endswith('_test.py'))
    wanted = sys.argv[1:]
    if wanted:
        files = [name for name in files if any(word in name for word in wanted)]
    files.sort(key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    start = time.monotonic()
    failed = []
    total = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=int(os.environ.get('JOBS', '2'))) as workers:
        for done in concurrent.futures.as_completed([workers.submit(run_file, name) for name in files]):
            name, good, ran, seconds, output = done.result()
            total += ran
            print(f'{"ok    " if good else "FAILED"} {name:<20} {ran:>3} tests {seconds:6.1f} s', flush=True)
            if not good:
                failed.append(name)
                print(output, flush=True)
    print(f'{total} tests in {len(files)} files, {time.monotonic() - start:.0f} s: '
          + (f'FAILED: {", ".join(failed)}' if failed else 'all passed'))
    return 1 if failed or not files else 0


if __name__ == '__main__':
    sys.exit(main())
