"""One point of the matrix: a run that is disturbed at one message, a plain run again, a third run that does nothing.

A frozen connection has no end of its own here: the proxy's kernel still acknowledges what is sent to it, so no TCP
timeout comes, and one that did would take half a minute. What ends such a run in real life is whoever started it; so it
is killed, without a chance to tidy up, and the next run begins while the server still has the first one's session, lock
and open transaction. Only then do the frozen sockets close.
"""

import contextlib
import os
import time
import typing

import harness
import state
from proxy import Proxy
from scenarios import SCENARIOS, make_project

ORPHANED = 0.1  # seconds that the server still believes in a client which was killed, while the next run has begun
# What a disturbed run may end with, other than after a cut: then it depends on the command. The proxy always accepts a
# new connection, so that a command which connects again has no reason to say that the outcome is unknown.
TRUE_CODES = {'delay': (0,), 'freeze': (0, -9), 'late': (0, -9)}


class Point(typing.NamedTuple):
    scenario: str
    action: str
    number: int

    def __str__(self):
        return f'{self.scenario}:{self.action}:{self.number}'

    @staticmethod
    def parse(text):
        scenario, action, number = text.split(':')
        return Point(scenario, action, int(number))


class Verdict(typing.NamedTuple):
    point: Point
    label: str  # the message, '' when it never came
    code: int  # of the disturbed run
    seconds: float
    violations: list
    log: list  # what the runs said


class Reference(typing.NamedTuple):
    """What is the same for all points of a scenario."""

    template: str  # database to copy
    faults: dict  # of every run of the scenario
    labels: list  # messages of the run with nothing but these
    final: state.State


class Violation(Exception):
    """The promise that was broken; nothing after it can be judged."""


class Bench:
    """A worker's projects and connection; the server is everybody's."""

    def __init__(self, cluster, prefix):
        self.cluster = cluster
        self.prefix = prefix
        self.projects = {}
        self.references = {}
        self.count = 0
        self.admin = cluster.connect()

    def close(self):
        self.admin.close()
        self.remove_projects()

    def remove_projects(self):
        for project in self.projects.values():
            project.remove()

    def project(self, name):
        if name not in self.projects:
            self.projects[name] = make_project(SCENARIOS[name])
        return self.projects[name]

    def start(self, name, arguments, url):
        project = self.project(name)
        env = {'PATH': os.environ['PATH'], 'HOME': project.folder, 'LANG': 'C.UTF-8', 'DATABASE_URL': url}
        return harness.Runner(arguments, env, project.folder)

    def through(self, proxy, database):
        # 'prefer' asks the server for encryption first: one more pair of messages.
        return self.cluster.url(database, tcp=True, port=proxy.port, sslmode='prefer')

    @contextlib.contextmanager
    def database(self, template):
        self.count += 1
        name = f'{self.prefix}_{self.count}'
        with self.admin.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE {name} TEMPLATE {template}{self.cluster.by_copying()}')
            try:
                yield name
            finally:
                cursor.execute(f'DROP DATABASE {name} WITH (FORCE)')

    def prepare(self, name):
        """The scenario's first database, and what undisturbed runs make of it."""
        scenario = SCENARIOS[name]
        template = self.cluster.new_database()
        for arguments in scenario.before:
            self._expect_done(self.start(name, arguments, self.cluster.url(template)).wait())
        labels, final = self._watch(scenario, template, {})
        if set(final.witness.values()) != {1}:
            raise AssertionError(f'{name}: an undisturbed run leaves the witnesses {final.witness}')
        faults = scenario.base_faults(labels)
        # How often the lock is asked for before it is had, and whether a step is slow enough for a receipt, depends on
        # time: every run has the messages of the shortest.
        again = [self._watch(scenario, template, faults) for _ in range(3)]
        labels = min((found for found, _ in again), key=len)
        harm = [line for _, found in again for line in found.differences(final)]
        if harm:
            raise AssertionError(f'{name}: {"the faults of the scenario itself do harm" if faults else "runs differ"}: {harm}')
        self.references[name] = Reference(template, faults, labels, final)

    def _watch(self, scenario, template, faults):
        with self.database(template) as database, contextlib.closing(Proxy(self.cluster.port, faults)) as proxy:
            self._expect_done(self.start(scenario.name, scenario.command, self.through(proxy, database)).wait())
            with contextlib.closing(self.cluster.connect(database)) as connection:
                return list(proxy.labels), state.look(connection)

    @staticmethod
    def _expect_done(result):
        if result.code != 0:
            raise AssertionError(f'an undisturbed run fails: {result}')

    def run(self, point):
        """Tries again when the message never came: how often a run asks for the lock depends on time."""
        for _ in range(4):
            verdict = _Trial(self, point).run()
            if verdict.label:
                return verdict
        return verdict._replace(violations=verdict.violations + ['the message never came'])


class _Trial:
    def __init__(self, bench, point):
        self.bench = bench
        self.point = point
        self.scenario = SCENARIOS[point.scenario]
        self.reference = bench.references[point.scenario]
        self.log = []
        self.code = 0

    def run(self):
        start = time.monotonic()
        violations = []
        faults = {**self.reference.faults, self.point.number: self.point.action}
        with self.bench.database(self.reference.template) as self.database, \
                contextlib.closing(Proxy(self.bench.cluster.port, faults)) as proxy, \
                contextlib.closing(self.bench.cluster.connect(self.database)) as self.connection:
            try:
                after = self._run_again(self._disturb(proxy))
                self._third_run(after)
            except (Violation, AssertionError) as error:
                violations.append(str(error))
            if proxy.failure:
                violations.append(f'the proxy failed: {proxy.failure!r}')
            label = proxy.done.get(self.point.number, '')
        return Verdict(self.point, label, self.code, time.monotonic() - start, violations, self.log)

    def _start_plain(self):
        return self.bench.start(self.scenario.name, self.scenario.command, self.bench.cluster.url(self.database))

    def _disturb(self, proxy):
        """The disturbed run; gives the next one, which has begun already when the first was frozen."""
        runner = self.bench.start(self.scenario.name, self.scenario.command, self.bench.through(proxy, self.database))
        again = None
        if self.point.action in ('freeze', 'late'):
            while not proxy.frozen.wait(0.002) and runner.process.poll() is None:
                pass
            time.sleep(0.01)
            runner.process.kill()
            self._judge(runner.wait())
            again = self._start_plain()
            time.sleep(ORPHANED)
            proxy.thaw()
        else:
            self._judge(runner.wait())
        return again or self._start_plain()

    def _judge(self, result):
        """Whether the disturbed run told the truth."""
        self._keep('disturbed', result)
        self.code = result.code
        if result.code not in TRUE_CODES.get(self.point.action, self.scenario.codes):
            raise Violation(f'the disturbed run ended with exit status {result.code}')
        if result.code > 0 and 'hint: ' not in result.err:
            raise Violation('the error of the disturbed run names no way out')
        if result.code == 0:
            self._compare('exit status 0, but')
            return
        found = state.broken_promises(self.scenario, self.bench.project(self.scenario.name).steps,
                                      *state.applied_and_witness(self.connection))
        if found:
            raise Violation('after the disturbed run: ' + '; '.join(found))

    def _run_again(self, runner):
        result = runner.wait()
        self._keep('again', result)
        if result.code != 0:
            raise Violation(f'the plain run after it ended with exit status {result.code}')
        after = self._compare('after the plain run')
        if state.open_runs(self.connection):
            raise Violation('after the plain run a run in the ledger has no end')
        return after

    def _third_run(self, before):
        result = self._start_plain().wait()
        self._keep('third', result)
        if result.code != 0 or 'nothing to do' not in result.out:
            raise Violation(f'the third run ended with exit status {result.code} and did not say that there is nothing to do')
        after = state.look(self.connection)
        if after != before:
            raise Violation('the third run changed something: ' + '; '.join(after.differences(before) or ['the ledger']))

    def _compare(self, when):
        found = state.look(self.connection)
        differences = found.differences(self.reference.final)
        if differences:
            raise Violation(f'{when}: ' + '; '.join(differences))
        return found

    def _keep(self, name, result):
        self.log.append(f'{name}: {result}')
        path = self.bench.project(self.scenario.name).path('sqlmig.log')
        logged = ''
        with contextlib.suppress(FileNotFoundError):
            with open(path, encoding='utf-8', errors='replace') as file:
                logged = file.read()
            os.truncate(path, 0)
        if self.bench.cluster.password in result.out + result.err + logged:
            raise Violation(f'the {name} run shows the password')
