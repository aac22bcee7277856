"""The proxy does at a message what its action says, and nothing to any other message or connection."""

import socket
import struct
import threading
import time
import unittest

from proxy import ACTIONS, Proxy

STARTUP = struct.pack('!II', 8, 196608)
READY = b'Z\0\0\0\5I'


def query(word):
    return b'Q' + struct.pack('!I', 5 + len(word)) + word + b'\0'


class Server:
    """Answers every read with READY, and keeps what it got from each connection."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.got = []
        self.ended = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                end, _ = self.listener.accept()
            except OSError:
                return
            self.got.append(b'')
            self.ended.append(threading.Event())
            threading.Thread(target=self._answer, args=(end, len(self.got) - 1), daemon=True).start()

    def _answer(self, end, number):
        try:
            while data := end.recv(4096):
                self.got[number] += data
                end.sendall(READY)
        except OSError:
            pass
        end.close()
        self.ended[number].set()


class ProxyTest(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.listener.close)

    def proxy(self, faults, **options):
        proxy = Proxy(self.server.port, faults, **options)
        self.addCleanup(proxy.close)
        return proxy

    def client(self, proxy):
        """A connection that has begun: messages 1 (start-up) and 2 (the answer) are over."""
        client = socket.create_connection(('127.0.0.1', proxy.port), timeout=10)
        self.addCleanup(client.close)
        client.sendall(STARTUP)
        self.assertEqual(READY, client.recv(4096))
        return client

    def closed(self, proxy, number=0):
        self.assertTrue(self.server.ended[number].wait(10))
        self.assertIsNone(proxy.failure)
        return self.server.got[number]

    def test_nothing_to_do(self):
        proxy = self.proxy({})
        client = self.client(proxy)
        client.sendall(query(b'a'))
        self.assertEqual(READY, client.recv(4096))
        client.close()
        self.assertEqual(STARTUP + query(b'a'), self.closed(proxy))
        self.assertEqual(['F StartupMessage', 'B ReadyForQuery I', 'F Query', 'B ReadyForQuery I'], proxy.labels)

    def test_cut_before_a_message_of_the_client(self):
        proxy = self.proxy({3: 'cut-before'})
        client = self.client(proxy)
        client.sendall(query(b'a'))
        self.assertEqual(b'', client.recv(4096))
        self.assertEqual(STARTUP, self.closed(proxy))
        self.assertEqual({3: 'F Query'}, proxy.done)

    def test_cut_after_a_message_of_the_client(self):
        proxy = self.proxy({3: 'cut-after'})
        client = self.client(proxy)
        client.sendall(query(b'a'))
        self.assertEqual(b'', client.recv(4096))
        self.assertEqual(STARTUP + query(b'a'), self.closed(proxy))

    def test_cut_at_a_message_of_the_server(self):
        for action, answer in (('cut-before', b''), ('cut-after', READY)):
            with self.subTest(action):
                number = len(self.server.got)
                proxy = self.proxy({4: action})
                client = self.client(proxy)
                client.sendall(query(b'a'))
                self.assertEqual(answer, client.recv(4096))
                self.assertEqual(b'', client.recv(4096))
                self.assertEqual(STARTUP + query(b'a'), self.closed(proxy, number))

    def test_messages_that_come_together(self):
        proxy = self.proxy({4: 'cut-before'})
        client = self.client(proxy)
        client.sendall(query(b'a') + query(b'b') + query(b'c'))
        self.assertEqual(STARTUP + query(b'a'), self.closed(proxy))

    def test_reset(self):
        proxy = self.proxy({3: 'reset'})
        client = self.client(proxy)
        client.sendall(query(b'a'))
        with self.assertRaises(ConnectionResetError):
            client.recv(4096)
        self.assertEqual(STARTUP, self.closed(proxy))

    def test_freeze_and_late(self):
        for action, delivered in (('freeze', b''), ('late', query(b'a'))):
            with self.subTest(action):
                number = len(self.server.got)
                proxy = self.proxy({3: action})
                client = self.client(proxy)
                client.sendall(query(b'a') + query(b'b'))
                self.assertTrue(proxy.frozen.wait(10))
                client.settimeout(0.2)
                with self.assertRaises(TimeoutError):  # open, and silent
                    client.recv(4096)
                self.assertFalse(self.server.ended[number].is_set())
                client.close()  # a client that dies: the server does not learn of it
                self.assertFalse(self.server.ended[number].wait(0.2))
                self.assertEqual(STARTUP, self.server.got[number])
                proxy.thaw()
                self.assertEqual(STARTUP + delivered, self.closed(proxy, number))

    def test_delay(self):
        proxy = self.proxy({3: 'delay'}, delay=0.25)
        client = self.client(proxy)
        start = time.monotonic()
        client.sendall(query(b'a'))
        self.assertEqual(READY, client.recv(4096))
        self.assertGreaterEqual(time.monotonic() - start, 0.25)
        client.sendall(query(b'b'))
        self.assertEqual(READY, client.recv(4096))
        self.assertLess(time.monotonic() - start, 0.5)

    def test_the_next_connection_is_left_alone_and_counted_on(self):
        for action in ('cut-before', 'cut-after', 'reset', 'freeze', 'late'):
            with self.subTest(action):
                proxy = self.proxy({3: action})
                self.client(proxy).sendall(query(b'a'))
                while not proxy.done:
                    time.sleep(0.001)
                again = self.client(proxy)
                again.sendall(query(b'b'))
                self.assertEqual(READY, again.recv(4096))
                self.assertEqual(['F Query', 'F StartupMessage', 'B ReadyForQuery I', 'F Query', 'B ReadyForQuery I'], proxy.labels[2:])

    def test_two_faults(self):
        proxy = self.proxy({3: 'cut-before', 5: 'cut-before'})
        self.client(proxy).sendall(query(b'a'))
        again = socket.create_connection(('127.0.0.1', proxy.port), timeout=10)
        self.addCleanup(again.close)
        while not proxy.done:
            time.sleep(0.001)
        again.sendall(STARTUP)
        self.assertEqual(b'', again.recv(4096))
        self.assertEqual({3: 'F Query', 5: 'B ReadyForQuery I'}, proxy.done)

    def test_bytes_that_are_no_message_stop_it(self):
        proxy = self.proxy({})
        client = self.client(proxy)
        client.sendall(b'?\0\0\0\4')
        self.assertEqual(b'', client.recv(4096))
        self.assertIn("'?'", str(proxy.failure))

    def test_every_action_is_known_to_these_tests(self):
        self.assertEqual(('cut-before', 'cut-after', 'reset', 'freeze', 'late', 'delay'), ACTIONS)


if __name__ == '__main__':
    unittest.main()
