#!/usr/bin/python3
"""Runs the command-line scripts tests/cli/*.txtar against the real sqlmig and a private PostgreSQL.

    SQLMIG_BIN=build/sqlmig /usr/bin/python3 tests/cli/run.py [NAME...] [-v] [-j N]

SQLMIG_UPDATE_GOLDEN=1 writes tests/golden/cli/ anew instead of comparing; review the change with git. script.py says
what a script may hold. A run without names also wants that every command, alias, option and exit status was used.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "faults")]

from harness import Cluster  # noqa: E402
from script import Failure, Script, Usage  # noqa: E402

GOLDEN = HERE.parent / "golden" / "cli"
# 9, 70, 130 and 143 need a fault; tests/faults has them.
EXITS = {0, 1, 2, 3, 4, 5, 6, 7, 8}


def run_one(path, cluster, golden, usage):
    start = time.monotonic()
    script = Script(path, cluster, golden, usage)
    try:
        script.run()
        error = None
    except Failure as failure:
        error = str(failure)
    finally:
        script.close()
    return path.stem, error, time.monotonic() - start


class Golden:
    """The expected texts, and which of them were asked for."""

    def __init__(self, folder):
        self.folder = folder
        self.update = os.environ.get("SQLMIG_UPDATE_GOLDEN", "") not in ("", "0")
        self.seen = {}
        self.written = 0

    def path(self, name, script):
        if self.seen.setdefault(name, script) != script:
            raise Failure(f"the golden file {name} belongs to {self.seen[name]}")
        return self.folder / name

    def write(self, name, text):
        path = self.folder / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.written += 1

    def unused(self):
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*")
                      if path.is_file() and str(path.relative_to(self.folder)) not in self.seen)


def help_of(*words):
    done = subprocess.run([os.environ["SQLMIG_BIN"], *words, "--help"], capture_output=True, text=True, check=True)
    return done.stdout


def section(text, title):
    """The lines below a title of --help, up to an empty one."""
    found = re.search(rf"^{title}:\n((?:.+\n)*)", text, re.M)
    return found.group(1).splitlines() if found else []


def commands_in(text):
    """[[name, alias...]...]"""
    lines = section(text, "(?:Subcommands|Commands)")
    heads = [re.split(r"\s{2,}", line.strip())[0] if re.match(r"  \S", line) else "" for line in lines]
    return [re.match(r"[\w-]+(?:, [\w-]+)*", head).group(0).split(", ") for head in heads if head]


def options_in(text):
    """[[-f, --file]...]"""
    found = []
    for line in section(text, "Options"):
        match = re.match(r"  (-[\w-]+(?:, ?-[\w-]+)*)", line)
        if match:
            found.append(re.split(r", ?", match.group(1)))
    return found


def not_used(usage):
    """What --help offers and no script typed."""
    missing = []
    top = help_of()
    for names in options_in(top):
        if not any(usage.options.get("", set()) & {name} for name in names):
            missing.append(f"option {'/'.join(names)}")
    commands = [(names, ()) for names in commands_in(top)]
    for names, parents in commands:
        path = (*parents, names[0])
        text = help_of(*path)
        commands += [(inner, path) for inner in commands_in(text)]
        for name in names:
            if (*parents, name) not in usage.commands:
                missing.append(f"command {' '.join((*parents, name))}")
        used = set().union(*(usage.options.get(" ".join((*parents, name)), set()) for name in names))
        for options in options_in(text):
            if not used & set(options):
                missing.append(f"option {' '.join(path)} {'/'.join(options)}")
        if path[0] not in usage.json:
            missing.append(f"--format json of {path[0]}")
    missing += [f"exit status {status}" for status in sorted(EXITS - usage.exits)]
    return missing


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("-j", "--jobs", type=int, default=4)
    options = parser.parse_args()
    if not os.path.isabs(os.environ.get("SQLMIG_BIN", "")):
        raise SystemExit("SQLMIG_BIN must be the absolute path of sqlmig")
    paths = sorted(HERE.glob("*.txtar"))
    if options.names:
        paths = [path for path in paths if path.stem in options.names]
        if len(paths) != len(set(options.names)):
            raise SystemExit("there is no such script")

    start = time.monotonic()
    golden, usage, cluster = Golden(GOLDEN), Usage(), Cluster(settings=["dynamic_shared_memory_type=mmap"])
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(run_one, path, cluster, golden, usage) for path in paths]
        for job in concurrent.futures.as_completed(jobs):
            name, error, seconds = job.result()
            if error:
                failed += 1
                print(f"FAILED: {name}: {error}\n", file=sys.stderr)
            elif options.verbose:
                print(f"ok {name} {seconds:.1f} s")
    problems = []
    if not options.names:
        problems = [f"not used by any script: {what}" for what in not_used(usage)]
        problems += [f"no script wants the golden file {name}" for name in golden.unused()]
    for problem in problems:
        print(f"FAILED: {problem}", file=sys.stderr)
    written = f", {golden.written} written" if golden.update else ""
    print(f"{len(paths) - failed} of {len(paths)} scripts passed, {usage.calls} calls of sqlmig, "
          f"{len(golden.seen)} golden files{written}, {time.monotonic() - start:.0f} s")
    return 1 if failed or problems else 0


if __name__ == "__main__":
    sys.exit(main())
