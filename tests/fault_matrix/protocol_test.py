"""Messages are found in whatever pieces the bytes come, and what is no message is an error."""

import struct
import unittest

from protocol import CLIENT, SERVER, Framing, ProtocolError


def untyped(code, rest=b''):
    return struct.pack('!II', 8 + len(rest), code) + rest


def typed(kind, body=b''):
    return kind + struct.pack('!I', 4 + len(body)) + body


SSL = untyped(80877103)
GSSENC = untyped(80877104)
CANCEL = untyped(80877102, struct.pack('!II', 4711, 42))
STARTUP = untyped(196608, b'user\0postgres\0\0')
QUERY = typed(b'Q', b'SELECT 1; SELECT 2\0')


class FramingTest(unittest.TestCase):
    def read(self, *pieces):
        """Labels of all messages in [(side, bytes)]; what went in comes out."""
        framing = Framing()
        labels, came = [], {CLIENT: b'', SERVER: b''}
        for side, data in pieces:
            framing.feed(side, data)
            while message := framing.next(side):
                labels.append(message.label())
                came[side] += message.raw
        for side in came:
            self.assertEqual(b''.join(data for at, data in pieces if at == side), came[side])
        return labels

    def test_a_connection_from_its_beginning(self):
        self.assertEqual(
            ['F SSLRequest', 'B NoEncryption', 'F StartupMessage', 'B Authentication', 'F Password', 'B Authentication',
             'B ParameterStatus', 'B BackendKeyData', 'B ReadyForQuery I', 'F Query', 'B RowDescription', 'B DataRow',
             'B CommandComplete SELECT 1', 'B ReadyForQuery T', 'F Terminate'],
            self.read((CLIENT, SSL), (SERVER, b'N'), (CLIENT, STARTUP), (SERVER, typed(b'R', b'\0\0\0\n')),
                      (CLIENT, typed(b'p', b'secret\0')),
                      (SERVER, typed(b'R', b'\0\0\0\0') + typed(b'S', b'a\0b\0') + typed(b'K', b'12345678') + typed(b'Z', b'I')),
                      (CLIENT, QUERY),
                      (SERVER, typed(b'T') + typed(b'D', b'Z') + typed(b'C', b'SELECT 1\0') + typed(b'Z', b'T')),
                      (CLIENT, typed(b'X'))))

    def test_every_way_to_cut_the_bytes_in_two(self):
        client = SSL + STARTUP + QUERY + typed(b'X')
        for place in range(1, len(client)):
            labels = self.read((CLIENT, client[:place]), (CLIENT, client[place:]))
            self.assertEqual(['F SSLRequest', 'F StartupMessage', 'F Query', 'F Terminate'], labels, place)

    def test_byte_by_byte_in_both_directions(self):
        pieces = [(CLIENT, bytes([byte])) for byte in GSSENC] + [(SERVER, b'N')] + [(CLIENT, bytes([byte])) for byte in SSL]
        pieces += [(SERVER, b'N')] + [(CLIENT, bytes([byte])) for byte in STARTUP]
        pieces += [(SERVER, bytes([byte])) for byte in typed(b'N', b'SHINT\0') + typed(b'Z', b'I')]
        self.assertEqual(['F GSSENCRequest', 'B NoEncryption', 'F SSLRequest', 'B NoEncryption', 'F StartupMessage', 'B Notice',
                          'B ReadyForQuery I'], self.read(*pieces))

    def test_half_a_message_is_none(self):
        framing = Framing()
        framing.feed(CLIENT, STARTUP + QUERY[:-1])
        self.assertEqual('StartupMessage', framing.next(CLIENT).name)
        self.assertIsNone(framing.next(CLIENT))
        framing.feed(CLIENT, QUERY[-1:])
        self.assertEqual(QUERY, framing.next(CLIENT).raw)

    def test_cancel(self):
        self.assertEqual(['F CancelRequest'], self.read((CLIENT, CANCEL)))

    def test_both_sides_have_a_letter_for_other_things(self):
        self.assertEqual(['F StartupMessage', 'F Describe', 'F Sync', 'B DataRow', 'B ParameterStatus'],
                         self.read((CLIENT, STARTUP + typed(b'D') + typed(b'S')), (SERVER, typed(b'D') + typed(b'S'))))

    def test_error_instead_of_the_single_byte(self):
        self.assertEqual(['F SSLRequest', 'B Error'], self.read((CLIENT, SSL), (SERVER, typed(b'E', b'SFATAL\0\0'))))

    def test_what_is_no_message(self):
        for side, before, data in ((SERVER, SSL, b'S'), (SERVER, GSSENC, b'G'), (CLIENT, STARTUP, typed(b'?')),
                                   (SERVER, STARTUP, typed(b'?')), (SERVER, STARTUP, b'Z\0\0\0\3'), (CLIENT, b'', b'\0\0\0\4'),
                                   (CLIENT, b'', b'GET / HTTP/1.1')):
            with self.subTest(side=side, data=data):
                framing = Framing()
                framing.feed(CLIENT, before)
                if before:
                    framing.next(CLIENT)
                framing.feed(side, data)
                with self.assertRaises(ProtocolError):
                    framing.next(side)


if __name__ == '__main__':
    unittest.main()
