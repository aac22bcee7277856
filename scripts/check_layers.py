#!/usr/bin/env python3
"""Enforces the layer table (scripts/layers.txt) over src/: who includes whom, and who may touch which library.

  check_layers.py [ROOT]

Also: the ledger's tables are named in SQL only by src/ledger; getenv, std::cout and std::cerr stay in src/main.cpp and
src/cli; no two headers define a type of the same name, which the linker would silently take for one; no function of an
unnamed namespace has the name of one that a header of its layer declares, which it would hide from files that are
compiled with it. Exit status 1 with one line a finding."""
import collections
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
LEDGER_TABLE = re.compile(r'sqlmig\.(migration|event|run|ledger)\b')
OUTSIDE = re.compile(r'\bgetenv\s*\(|std::c(out|err)\b|\bprintf\s*\(')
TYPE = re.compile(r'^(?:class|struct|union|enum(?: class| struct)?) (?:\[\[\w+\]\] )?(\w+)\b[^;]*\{')
FUNCTION = re.compile(r'^[A-Za-z_][\w:<>,\s\*&]*?[\s\*&](\w+)\(')
ANYWHERE = ("fmt/",)
# Headers of the C library and of Linux; everything else in <> with a '/' or '.h' is a library's.
SYSTEM = re.compile(r'^(sys|linux|netinet|arpa)/|^(csignal|unistd|fcntl|poll|signal|grp|pwd|spawn|dirent|sched|errno|time|'
                    r'limits|langinfo|locale|termios|pthread|dlfcn|glob|fnmatch)\.h$|^[a-z_0-9]+$')


def read_table(path):
    order, owners = [], {}
    for line in path.read_text().splitlines():
        line = line.split("#", 1)[0].strip()
        if line:
            folder, _, libraries = line.partition(":")
            order.append(folder.strip())
            for prefix in libraries.split():
                owners[prefix] = folder.strip()
    return order, owners


def check_file(path, relative, order, owners):
    folder = relative.parts[0] if len(relative.parts) > 1 else "main"
    if folder != "main" and folder not in order:
        yield f"src/{relative}: the folder '{folder}' is not in scripts/layers.txt"
        return
    allowed = order if folder == "main" else order[:order.index(folder) + 1]
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        place = f"src/{relative}:{number}"
        match = INCLUDE.match(line)
        if match and match.group(1) == '"':
            target = match.group(2).split("/")[0]
            if target not in allowed:
                yield f"{place}: {folder} must not include '{match.group(2)}'"
        elif match:
            header = match.group(2)
            owner = next((o for prefix, o in owners.items() if header.startswith(prefix)), None)
            if owner is not None and owner != folder:
                yield f"{place}: <{header}> belongs to {owner}"
            elif owner is None and not header.startswith(ANYWHERE) and not SYSTEM.match(header):
                yield f"{place}: <{header}> is of a library that scripts/layers.txt does not name"
        elif folder not in ("ledger",) and LEDGER_TABLE.search(line) and not line.lstrip().startswith("//"):
            yield f"{place}: only src/ledger names the ledger's tables"
        elif folder not in ("cli", "main") and OUTSIDE.search(line) and not line.lstrip().startswith("//"):
            yield f"{place}: code below cli neither prints nor reads the environment"


def check_types(headers, root):
    """Types at the top of a header are in namespace sqlmig; those in a class or function are indented."""
    places = collections.defaultdict(list)
    for path in headers:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = TYPE.match(line)
            if match:
                places[match.group(1)].append(f"{path.relative_to(root)}:{number}")
    for name, (first, *others) in places.items():
        for place in others:
            yield f"{place}: '{name}' is defined in {first} too"


def check_hiding(files, root):
    declared = collections.defaultdict(dict)  # by layer
    for path in files:
        if path.suffix == ".h":
            for line in path.read_text(encoding="utf-8").splitlines():
                if match := FUNCTION.match(line):
                    declared[path.relative_to(root / "src").parts[0]][match.group(1)] = path.relative_to(root)
    for path in files:
        if path.suffix != ".cpp":
            continue
        unnamed = False
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line in ("namespace {", "}  // namespace"):
                unnamed = line == "namespace {"
            elif unnamed and (match := FUNCTION.match(line)):
                header = declared[path.relative_to(root / "src").parts[0]].get(match.group(1))
                if header:
                    yield f"{path.relative_to(root)}:{number}: '{match.group(1)}' hides what {header} declares"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent)
    order, owners = read_table(root / "scripts" / "layers.txt")
    files = sorted(p for p in (root / "src").rglob("*") if p.suffix in (".h", ".cpp"))
    findings = [f for p in files for f in check_file(p, p.relative_to(root / "src"), order, owners)]
    findings += check_types([p for p in files if p.suffix == ".h"], root)
    findings += check_hiding(files, root)
    print("\n".join(findings) if findings else f"layers: {len(files)} files, no finding")
    return 1 if findings or not files else 0


if __name__ == "__main__":
    sys.exit(main())
