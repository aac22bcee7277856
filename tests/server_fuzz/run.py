#!/usr/bin/python3
"""Runs build/fuzz/tests/fuzz/server_fuzz, which says in its source what it compares, on a private PostgreSQL.

    /usr/bin/python3 tests/server_fuzz/run.py PROGRAM [--seed N] [--first N] [--cases N] [--seconds N]

The server is SQLMIG_TEST_BINDIR's, else the one that is installed; its grammar should be that of PostgreSQL 15. Exit
status 1: a script is split differently.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "faults"))
sys.dont_write_bytecode = True

from harness import Cluster  # noqa: E402


def main():
    cluster = Cluster()
    try:
        conninfo = f"host={cluster.folder} port={cluster.port} user=postgres dbname=postgres"
        return subprocess.run([sys.argv[1], conninfo, *sys.argv[2:]], check=False).returncode
    finally:
        cluster.destroy()


if __name__ == "__main__":
    sys.exit(main())
