#!/usr/bin/env python3
"""Holds tests/faults.md and tests/security.md to the tests: what they name must exist.

  check_test_names.py [ROOT]

Each file has one table whose rows are numbered without a gap. In it, `Class.test_name` is a Python test, `Suite.Name` one of
GoogleTest, and what has a slash is a file. Each row names a test or a file of the sources, or says "No test:" and why.
Exit status 1 with one line a finding."""
import ast
import pathlib
import re
import sys

FILES = {"tests/faults.md": 55, "tests/security.md": 33}
CPP = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.MULTILINE)
QUOTED = re.compile(r"`([^`]+)`")
NAME = re.compile(r"^[A-Z]\w*\.\w+$")
ROW = re.compile(r"^\| *(\d+) *\|")


def test_names(root):
    names = set()
    for path in (root / "tests").rglob("*_test.cpp"):
        names.update(".".join(match) for match in CPP.findall(path.read_text()))
    for path in (root / "tests").rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                names.update(f"{node.name}.{item.name}" for item in node.body
                             if isinstance(item, ast.FunctionDef) and item.name.startswith("test_"))
    return names


def findings(root, file, rows, names):
    numbers = []
    for number, line in enumerate((root / file).read_text().splitlines(), 1):
        row = ROW.match(line)
        found = 0
        for word in QUOTED.findall(line):
            if "/" in word and " " not in word:
                found += 1
                if not (root / word).exists():
                    yield f"{file}:{number}: there is no file {word}"
            elif NAME.match(word):
                found += 1
                if word not in names:
                    yield f"{file}:{number}: there is no test {word}"
        if row:
            numbers.append(int(row.group(1)))
            if not found and "No test:" not in line:
                yield f"{file}:{number}: the row names no test and gives no reason"
    if numbers != list(range(1, rows + 1)):
        yield f"{file}: the rows are not numbered from 1 to {rows}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent)
    names = test_names(root)
    found = [finding for file, rows in FILES.items() for finding in findings(root, file, rows, names)]
    print("\n".join(found) if found else f"{len(names)} tests; all that is named exists")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
