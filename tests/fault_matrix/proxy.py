"""A proxy that numbers every message between one process and a PostgreSQL server, and does one thing at some of them.

Messages are numbered from 1, in both directions and over all connections of the process, in the order in which they
arrive here whole; a query of many statements is one message. What is done at a message:

  cut-before  close the connection; the message is not passed on
  cut-after   pass it on, then close
  reset       as cut-before, but both ends get a TCP reset, which also takes away what they have not read yet
  freeze      pass nothing on any more in either direction, and keep the sockets open until thaw()
  late        the same, but thaw() still delivers the message, to whoever is there then
  delay       hold it for a while, then go on

All other connections of the process, such as the one it makes anew after a cut, are passed on as they are. A client
whose connection is cut reads all that was passed on before and then the end; a server whose connection is cut also
gets a reset when it goes on talking.
"""

import contextlib
import queue
import selectors
import socket
import struct
import threading
import time

from protocol import CLIENT, SERVER, Framing, ProtocolError

ACTIONS = ('cut-before', 'cut-after', 'reset', 'freeze', 'late', 'delay')
DELAY = 0.3  # seconds


class _Connection:
    def __init__(self, client, server):
        self.framing = Framing()
        self.ends = {CLIENT: client, SERVER: server}
        self.live = True  # messages are passed on
        self.held = None  # the message that thaw() delivers

    def peer(self, side):
        return self.ends[SERVER if side == CLIENT else CLIENT]


class Proxy:
    """`faults`: {number of a message: action}. `labels` of all messages that came, in their order."""

    def __init__(self, port, faults=None, delay=DELAY):
        self.faults = dict(faults or {})
        self.labels = []
        self.done = {}  # number: label of the message at which something was done
        self.frozen = threading.Event()
        self.failure = None  # why the proxy itself stopped working
        self._delay = delay
        self._server = ('127.0.0.1', port)
        self._selector = selectors.DefaultSelector()
        self._sockets = set()
        self._frozen = []
        self._orders = queue.SimpleQueue()
        self._bell, self._ear = socket.socketpair()
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.port = self._listener.getsockname()[1]
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._ear, selectors.EVENT_READ, self._obey)
        self._thread = threading.Thread(target=self._loop, daemon=True)
        self._thread.start()

    def thaw(self):
        """The network is back: a message held by 'late' is delivered, and then the frozen connections are closed."""
        self._order('thaw')

    def close(self):
        """Closes everything and waits for the end of the thread."""
        self._order('close')
        self._thread.join(10)

    def _order(self, word):
        self._orders.put(word)
        with contextlib.suppress(OSError):
            self._bell.send(b'.')

    # --- the thread ---

    def _loop(self):
        try:
            while self._listener.fileno() >= 0:
                for key, _ in self._selector.select():
                    if key.fileobj.fileno() >= 0:  # not closed by what came before it
                        key.data(key.fileobj)
        except (ProtocolError, OSError, ValueError) as error:
            self.failure = error
        finally:
            self._close_all()

    def _close_all(self):
        for end in [self._listener, self._bell, self._ear, *self._sockets]:
            end.close()
        self._selector.close()

    def _obey(self, ear):
        ear.recv(1)
        if self._orders.get() == 'close':
            self._listener.close()
            return
        for connection in self._frozen:
            with contextlib.suppress(OSError):
                if connection.held:
                    connection.peer(connection.held.side).sendall(connection.held.raw)
            self._cut(connection)
        self._frozen.clear()

    def _accept(self, listener):
        client, _ = listener.accept()
        try:
            server = socket.create_connection(self._server)
        except OSError:
            client.close()
            return
        connection = _Connection(client, server)
        for side, end in connection.ends.items():
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.settimeout(20)  # a peer that reads nothing for so long is an error, not a reason to hang
            self._sockets.add(end)
            self._selector.register(end, selectors.EVENT_READ, lambda _, c=connection, s=side: self._read(c, s))

    def _read(self, connection, side):
        try:
            data = connection.ends[side].recv(1 << 16)
        except OSError:
            data = b''
        if not data:
            self._cut(connection)
            return
        connection.framing.feed(side, data)
        while connection.live and (message := connection.framing.next(side)):
            self._pass(connection, message)

    def _pass(self, connection, message):
        self.labels.append(message.label())
        number = len(self.labels)
        action = self.faults.get(number)
        if action:
            self.done[number] = message.label()
        if action == 'delay':
            time.sleep(self._delay)
        if action in (None, 'delay', 'cut-after'):
            try:
                connection.peer(message.side).sendall(message.raw)
            except OSError:
                self._cut(connection)
                return
        if action in ('freeze', 'late'):
            self._freeze(connection, message if action == 'late' else None)
        elif action in ('cut-before', 'cut-after'):
            self._cut(connection)
        elif action == 'reset':
            self._reset(connection)

    def _freeze(self, connection, held):
        connection.live = False
        connection.held = held
        for end in connection.ends.values():
            self._unwatch(end)
        self._frozen.append(connection)
        self.frozen.set()

    def _cut(self, connection):
        """The server's end is closed. The client's end says that nothing more comes, and is read until the client closes
        it: closing it while something unread is there would be a reset, and could take away what was passed on."""
        connection.live = False
        self._close(connection.ends[SERVER])
        client = connection.ends[CLIENT]
        self._unwatch(client)
        try:
            client.shutdown(socket.SHUT_WR)
            client.setblocking(False)
            self._selector.register(client, selectors.EVENT_READ, self._drain)
        except OSError:
            self._close(client)

    def _drain(self, client):
        with contextlib.suppress(OSError):
            if client.recv(1 << 16):
                return
        self._close(client)

    def _reset(self, connection):
        connection.live = False
        for end in connection.ends.values():
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            self._close(end)

    def _close(self, end):
        self._unwatch(end)
        self._sockets.discard(end)
        end.close()

    def _unwatch(self, end):
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(end)
