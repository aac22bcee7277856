"""Where messages of the PostgreSQL protocol, version 3, begin and end.

A client begins with packets that have no type: SSLRequest, GSSENCRequest, CancelRequest, the start-up packet. A server
answers the first two with a single byte that has no length. All else, in both directions, is a type, a length that
counts itself, and a body. So one connection's two directions must be read together: what the client asked decides how
the server's next byte is to be read.
"""

import struct
import typing

CLIENT = 'F'  # the letters of PostgreSQL's manual: frontend and backend
SERVER = 'B'

CANCEL_REQUEST = 80877102
SSL_REQUEST = 80877103
GSSENC_REQUEST = 80877104
UNTYPED = {CANCEL_REQUEST: 'CancelRequest', SSL_REQUEST: 'SSLRequest', GSSENC_REQUEST: 'GSSENCRequest'}

NAMES = {
    CLIENT: {'B': 'Bind', 'C': 'Close', 'd': 'CopyData', 'c': 'CopyDone', 'f': 'CopyFail', 'D': 'Describe', 'E': 'Execute',
             'F': 'FunctionCall', 'H': 'Flush', 'P': 'Parse', 'p': 'Password', 'Q': 'Query', 'S': 'Sync', 'X': 'Terminate'},
    SERVER: {'1': 'ParseComplete', '2': 'BindComplete', '3': 'CloseComplete', 'A': 'Notification', 'C': 'CommandComplete',
             'D': 'DataRow', 'E': 'Error', 'G': 'CopyIn', 'H': 'CopyOut', 'I': 'EmptyQuery', 'K': 'BackendKeyData',
             'N': 'Notice', 'R': 'Authentication', 'S': 'ParameterStatus', 'T': 'RowDescription', 'Z': 'ReadyForQuery',
             'c': 'CopyDone', 'd': 'CopyData', 'n': 'NoData', 's': 'PortalSuspended', 't': 'ParameterDescription',
             'v': 'NegotiateProtocolVersion', 'V': 'FunctionCallResponse', 'W': 'CopyBoth'},
}


class ProtocolError(Exception):
    """The bytes are no message that this module knows."""


class Message(typing.NamedTuple):
    side: str
    name: str
    raw: bytes

    def label(self):
        """A message for people, short, and the same in every run of the same commands."""
        if self.side == SERVER and self.name == 'CommandComplete':
            return f'{self.side} {self.name} {self.raw[5:-1].decode("ascii", errors="replace")}'
        if self.side == SERVER and self.name == 'ReadyForQuery':
            return f'{self.side} {self.name} {chr(self.raw[5])}'
        return f'{self.side} {self.name}'


class Framing:
    """Cuts the bytes of one connection into messages, whatever pieces they come in."""

    def __init__(self):
        self._pending = {CLIENT: bytearray(), SERVER: bytearray()}
        self._typed = False  # the client's start-up packet, or its CancelRequest, has been seen
        self._one_byte = False  # the server owes a single byte

    def feed(self, side, data):
        self._pending[side] += data

    def next(self, side):
        """The next whole message of that side, or None while it is not there."""
        pending = self._pending[side]
        if not pending:
            return None
        if side == CLIENT:
            return self._client(pending)
        if self._one_byte and pending[0] != ord('E'):  # a server that does not know the request answers with an error
            return self._answer(pending)
        return self._message(side, pending)

    def _client(self, pending):
        if self._typed:
            return self._message(CLIENT, pending)
        size = self._size(pending, 0)
        if size is None or len(pending) < size:
            return None
        if size < 8:
            raise ProtocolError(f'a start-up packet of {size} bytes')
        code = struct.unpack_from('!I', pending, 4)[0]
        self._one_byte = code in (SSL_REQUEST, GSSENC_REQUEST)
        self._typed = not self._one_byte
        return Message(CLIENT, UNTYPED.get(code, 'StartupMessage'), self._take(pending, size))

    def _answer(self, pending):
        self._one_byte = False
        if pending[0] != ord('N'):
            raise ProtocolError(f'the server agrees to encryption ({chr(pending[0])}), behind which nothing can be read')
        return Message(SERVER, 'NoEncryption', self._take(pending, 1))

    def _message(self, side, pending):
        size = self._size(pending, 1)
        if size is None or len(pending) < size + 1:
            return None
        kind = chr(pending[0])
        if kind not in NAMES[side]:
            raise ProtocolError(f'message type {kind!r} from side {side}')
        return Message(side, NAMES[side][kind], self._take(pending, size + 1))

    @staticmethod
    def _size(pending, offset):
        if len(pending) < offset + 4:
            return None
        size = struct.unpack_from('!I', pending, offset)[0]
        if not 4 <= size <= 1 << 30:
            raise ProtocolError(f'a length of {size} bytes')
        return size

    @staticmethod
    def _take(pending, size):
        raw = bytes(pending[:size])
        del pending[:size]
        return raw
