"""The campaign: which points there are, workers that try them, the file of finished points, the table at the end."""

import argparse
import collections
import contextlib
import ctypes
import glob
import hashlib
import json
import multiprocessing
import os
import queue
import signal
import sys
import time

import harness
from point import Bench, Point
from proxy import ACTIONS
from scenarios import SCENARIOS

FOLDER = os.path.dirname(os.path.abspath(__file__))
QUICK = ('cut-before', 'cut-after')
SHOWN = 20  # violations that are shown in full
PR_SET_PDEATHSIG = 1


def points_of(name, reference, actions, quick):
    """All points of a scenario. A message of the server is 'late' to nobody: its client is dead. Before the first
    transaction all commands do the same, so the quick matrix looks at that in one scenario."""
    begin = max(reference.faults, default=0) + 1
    if quick and name != next(iter(SCENARIOS)):
        begin = max(begin, reference.labels.index('B CommandComplete BEGIN'))
    for number in range(begin, len(reference.labels) + 1):
        for action in actions:
            if action == 'late' and not reference.labels[number - 1].startswith('F '):
                continue
            if quick and _said_already(reference.labels, number, action):
                continue
            yield Point(name, action, number)


def _said_already(labels, number, action):
    """A cut behind a message of the server passes on the same bytes as the cut before the server's next one."""
    return action == 'cut-after' and number < len(labels) and labels[number - 1][0] == labels[number][0] == 'B'


def digest():
    """Of the program and of the matrix: points that others have tried do not count."""
    found = hashlib.sha256()
    modules = sorted(path for path in glob.glob(os.path.join(FOLDER, '*.py')) if not path.endswith('_test.py'))
    for path in [harness.BINARY, harness.__file__, *modules]:
        with open(path, 'rb') as file:
            found.update(hashlib.sha256(file.read()).digest())
    return found.hexdigest()[:16]


class Finished:
    """Points that held, in a file of one JSON object a line, so that a campaign that was stopped goes on."""

    def __init__(self, path):
        self.path = path
        self.key = digest() if path else ''
        self._begun = False  # something was written: the file ends with a whole line
        self.points = set()
        if path and os.path.exists(path):
            with open(path, encoding='ascii') as file:
                for line in file:
                    self._read(line)

    def _read(self, line):
        with contextlib.suppress(json.JSONDecodeError):  # half a line, of a campaign that died in it
            entry = json.loads(line)
            if entry['key'] == self.key:
                self.points.add(entry['point'])

    def add(self, point):
        if self.path:
            with open(self.path, 'a', encoding='ascii') as file:
                file.write('\n' if not self._begun and file.tell() > 0 else '')
                file.write(json.dumps({'key': self.key, 'point': str(point)}) + '\n')
            self._begun = True


def work(number, cluster, references, tasks, results):
    """A worker: one process with projects and databases of its own on the server of all."""
    bench = Bench(cluster, f'matrix_{number}')
    bench.references = references

    def leave(signal_number, frame):
        bench.remove_projects()
        os._exit(0)  # the server may be gone already: a terminal interrupts all that it started
    # The parent is told, too, and says when to stop. Caught, not ignored: what is started here would ignore it as well.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, leave)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    try:
        while (point := tasks.get()) is not None:
            results.put(bench.run(point))
    finally:
        bench.close()


class Campaign:
    def __init__(self, options):
        self.options = options
        self.finished = Finished(options.state)
        self.verdicts = []
        self.kept = []  # points that held in an earlier part of the campaign
        self.counts = {}

    def run(self):
        """Gives the exit status."""
        start = time.monotonic()
        cluster = harness.Cluster()
        try:
            points, references = self._prepare(cluster)
            if self.options.list:
                return self._list(references)
            done = self._work(cluster, references, points)
        finally:
            cluster.destroy()
        return self._report(done, len(points), time.monotonic() - start)

    def _prepare(self, cluster):
        bench = Bench(cluster, 'matrix_0')
        wanted = self.options.only
        names = list(dict.fromkeys(point.scenario for point in wanted)) if wanted else self.options.scenario or list(SCENARIOS)
        try:
            for name in names:
                bench.prepare(name)
        finally:
            bench.close()
        points = list(wanted)
        for name in [] if wanted else names:
            reference = bench.references[name]
            points += points_of(name, reference, self.options.action or (QUICK if self.options.quick else ACTIONS),
                                self.options.quick)
        self.counts = {name: len(bench.references[name].labels) for name in names}
        self.kept = [point for point in points if str(point) in self.finished.points]
        return [point for point in points if str(point) not in self.finished.points], bench.references

    @staticmethod
    def _list(references):
        for name, reference in references.items():
            for number, label in enumerate(reference.labels, 1):
                print(f'{name}:{number}  {label}' + (f'  ({reference.faults[number]} in every run)' if number in reference.faults else ''))
        return 0

    def _work(self, cluster, references, points):
        """Whether all points were tried."""
        context = multiprocessing.get_context('fork')
        tasks, results = context.Queue(), context.Queue()
        for point in points:
            tasks.put(point)
        workers = []
        for number in range(1, min(self.options.jobs, len(points)) + 1):
            tasks.put(None)
            workers.append(context.Process(target=work, args=(number, cluster, references, tasks, results)))
            workers[-1].start()
        try:
            self._collect(results, workers, len(points))
            return True
        except KeyboardInterrupt:
            print('\nstopped', file=sys.stderr)
            return False
        finally:
            tasks.cancel_join_thread()  # nobody may be left who takes what is in it
            if len(self.verdicts) < len(points):
                for worker in workers:
                    worker.terminate()
            for worker in workers:
                worker.join()

    def _collect(self, results, workers, total):
        said = time.monotonic()
        while len(self.verdicts) < total:
            try:
                verdict = results.get(timeout=1)
            except queue.Empty:
                if not any(worker.is_alive() for worker in workers) and results.empty():
                    raise SystemExit('a worker of the matrix died') from None
                continue
            self.verdicts.append(verdict)
            if not verdict.violations:
                self.finished.add(verdict.point)
            if self.options.only or verdict.violations:
                self._show(verdict)
            if time.monotonic() - said > 20:
                said = time.monotonic()
                print(f'{len(self.verdicts)} of {total} tried, {self._violated()} violations', file=sys.stderr, flush=True)

    def _violated(self):
        return sum(1 for verdict in self.verdicts if verdict.violations)

    def _show(self, verdict):
        if self._violated() > SHOWN and not self.options.only:
            print(f'VIOLATION scripts/fault_matrix --only {verdict.point}: {verdict.violations[0][:100]}')
            return
        print(f'{"VIOLATION" if verdict.violations else "holds"} {verdict.point}, at message {verdict.label}, '
              f'exit status {verdict.code}, {verdict.seconds:.1f} s')
        for violation in verdict.violations:
            print(f'  {violation}')
        if verdict.violations:
            print(f'  again: scripts/fault_matrix --only {verdict.point}')
        if self.options.only:
            print('\n'.join('  ' + line for text in verdict.log for line in text.splitlines()))
        sys.stdout.flush()

    def _report(self, done, wanted, seconds):
        cells = collections.Counter((verdict.point.scenario, verdict.point.action) for verdict in self.verdicts)
        cells.update((point.scenario, point.action) for point in self.kept)
        violations = collections.Counter(verdict.point.scenario for verdict in self.verdicts if verdict.violations)
        actions = [action for action in ACTIONS if any(key[1] == action for key in cells)]
        row = '{:<34}{:>9}' + '{:>12}' * len(actions) + '{:>12}'
        print(row.format('scenario', 'messages', *actions, 'violations'))
        for name, messages in self.counts.items():
            print(row.format(SCENARIOS[name].title[:33], messages, *(cells[name, action] for action in actions), violations[name]))
        tried = len(self.verdicts) + len(self.kept)
        kept = f', {len(self.kept)} of them from {self.options.state}' if self.kept else ''
        print(f'{tried} cut points, {self._violated()} violations ({seconds:.0f} s{kept})')
        if not done:
            print(f'not all were tried: {wanted - len(self.verdicts)} are left')
        return 0 if done and tried and not self._violated() else 1


def parse(arguments, usage):
    parser = argparse.ArgumentParser(prog='fault_matrix', description=usage, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--quick', action='store_true', help='every message, cut before and after; cuts that are the same once')
    parser.add_argument('--scenario', action='append', choices=list(SCENARIOS), help='only this one; can be given again')
    parser.add_argument('--action', action='append', choices=ACTIONS, help='only this one; can be given again')
    parser.add_argument('--only', action='append', type=Point.parse, default=[], metavar='SCENARIO:ACTION:K',
                        help='one point, with all that the runs said; can be given again')
    parser.add_argument('--list', action='store_true', help='print the numbered messages of the scenarios')
    parser.add_argument('--state', metavar='FILE', help='remember the points that held, and go on behind them')
    parser.add_argument('--jobs', type=int, default=os.cpu_count(), help='workers (%(default)s)')
    return parser.parse_args(arguments)


def stop(number, frame):
    raise KeyboardInterrupt


def main(arguments, usage=__doc__):
    options = parse(arguments, usage)
    signal.signal(signal.SIGTERM, stop)  # so that no folder stays behind
    try:
        return Campaign(options).run()
    except KeyboardInterrupt:
        return 130
