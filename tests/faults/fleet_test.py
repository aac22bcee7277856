"""A fleet in every kind of trouble at once: each member ends in its own right state, and the others are done."""

import json
import signal
import time

import harness
from harness import eventually


class FleetTest(harness.FaultTest):
    def setUp(self):
        super().setUp()
        self.project.head['fleet'] = {'file': 'members.csv', 'url': self.cluster.url('postgres')}
        self.project.step('a')
        self.members = {}

    def member(self, name):
        self.members[name] = self.cluster.new_database()
        self.cluster.query(self.members[name], 'CREATE TABLE IF NOT EXISTS public.witness (id text)')
        return self.members[name]

    def list_members(self, **others):
        """`others` have a url of their own."""
        lines = ['name,url', *(f'{name},"{url}"' for name, url in {**self.members, **others}.items())]
        self.project.write_file('members.csv', '\n'.join(lines) + '\n')

    def env(self, **extra):
        return super().env(DATABASE_URL=None, **extra)

    def outcomes(self, result):
        return {member['name']: member['outcome'] for member in json.loads(result.out)['databases'][0]['members']}

    def done(self, name):
        return [row[0] for row in self.cluster.query(self.members[name], 'SELECT id FROM public.witness ORDER BY id')]

    def test_every_kind_of_trouble_at_once(self):
        good = [f'good{number}' for number in range(192)]
        for name in good:
            self.member(name)
        broken = self.member('broken')
        for name in ('locked', 'rival', 'interrupted', 'ahead'):
            self.member(name)
        self.project.step('b', f"DO $$ BEGIN ASSERT current_database() <> '{broken}', 'broken data'; END $$;\n")
        self.project.head['defaults'] = {'lock_timeout': '200ms', 'lock_deadline': '1s'}
        self.list_members(down='host=127.0.0.1 port=1 dbname=x', nobody=f'{self.db}_of_nobody',
                          stranger=f'postgresql://postgres:wr0ng@127.0.0.1:{self.cluster.port}/{self.db}')
        self.expect(0, 'apply', '--only', 'ahead')
        result = self.run_sqlmig('apply', '--only', 'interrupted', env={'SQLMIG_CRASH': 'step_begin@2:kill'})
        self.assertEqual(-signal.SIGKILL, result.code, result)
        rival = self.start('apply', '--only', 'rival', env={'SQLMIG_CRASH': 'step_begin@2:stop'})
        eventually(lambda: self.done('rival') == ['a'], 'the rival is in the middle')
        holder = self.cluster.connect(self.members['locked'])
        holder.cursor().execute('BEGIN; LOCK TABLE public.witness IN SHARE MODE')

        result = self.run_sqlmig('apply', '--lock-wait=300ms', '--format', 'json')
        self.assertEqual(8, result.code, result)
        outcomes = self.outcomes(result)
        self.assertEqual(200, len(outcomes))
        self.assertEqual({'done'}, {outcomes.pop(name) for name in good})
        self.assertEqual({'broken': 'sql', 'locked': 'lock_timeout', 'rival': 'run_lock', 'interrupted': 'done', 'ahead': 'nothing',
                          'down': 'connection', 'nobody': 'connection', 'stranger': 'connection'}, outcomes)
        for name in [*good, 'interrupted', 'ahead']:
            self.assertEqual(['a', 'b'], self.done(name), name)
        self.assertEqual([['a'], [], ['a']], [self.done(name) for name in ('broken', 'locked', 'rival')])
        self.assertNotIn('wr0ng', result.out + result.err + self.project.read_file('sqlmig.log'))

        # What was in the way is gone: the same command does what is left, and nothing twice.
        holder.close()
        rival.signal(signal.SIGCONT)
        self.assertEqual(0, rival.wait().code)
        outcomes = self.outcomes(self.run_sqlmig('apply', '--exclude', 'broken,down,nobody,stranger', '--format', 'json'))
        self.assertEqual('done', outcomes.pop('locked'))
        self.assertEqual({'nothing'}, set(outcomes.values()))
        self.assertEqual([['a', 'b'], ['a', 'b']], [self.done(name) for name in ('locked', 'rival')])

    def test_too_many_failures_begin_no_further_ones(self):
        for number in range(12):
            self.member(f'm{number:02}')
        self.project.step('b', "DO $$ BEGIN RAISE 'no'; END $$;\n")
        self.list_members()
        result = self.run_sqlmig('apply', '--jobs=2', '--max-failures=2', '--format', 'json')
        self.assertEqual(8, result.code, result)
        outcomes = list(self.outcomes(result).values())
        self.assertIn(outcomes.count('sql'), (3, 4))  # one more may have been under way
        self.assertEqual(12, outcomes.count('sql') + outcomes.count('not_begun'))
        for name, outcome in self.outcomes(result).items():
            self.assertEqual(['a'] if outcome == 'sql' else [], self.done(name))

    def test_a_signal_lets_running_steps_end(self):
        for number in range(6):
            self.member(f'm{number}')
        self.project.step('b', 'SELECT pg_sleep(1);\n')
        self.list_members()
        run = self.start('apply', '--jobs=2', '--share=100%', '--format', 'json')
        eventually(lambda: any(self.done(name) for name in self.members), 'some are under way')
        run.signal(signal.SIGINT)
        result = run.wait()
        self.assertEqual(130, result.code, result)
        outcomes = self.outcomes(result)
        self.assertIn('not_begun', outcomes.values())
        for name in self.members:
            self.assertIn(self.done(name), ([], ['a'], ['a', 'b']))
        self.expect(0, 'apply')
        for name in self.members:
            self.assertEqual(['a', 'b'], self.done(name))

    def test_no_more_than_a_share_of_what_is_free(self):
        for number in range(10):
            self.member(f'm{number}')
        self.project.step('b', 'SELECT pg_sleep(0.3);\n')
        self.list_members()
        free = self.rows("SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - count(*) "
                         "FROM pg_stat_activity WHERE backend_type = 'client backend'")[0][0]
        run = self.start('apply', '--share=15%')
        most = 0
        while run.process.poll() is None:
            most = max(most, self.rows("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'sqlmig %%'")[0][0])
            time.sleep(0.01)
        self.assertEqual(0, run.wait().code)
        self.assertTrue(2 <= most <= max(2, free * 15 // 100), (most, free))


if __name__ == '__main__':
    harness.main()
