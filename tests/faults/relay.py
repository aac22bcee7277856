"""Runs in a network of its own (unshare --net): 127.0.0.1:5432 there leads to the server's Unix socket. A word on stdin,
`up` or `down`, connects that network or takes it away, so that packets are lost and neither side hears of it."""

import contextlib
import socket
import subprocess
import sys
import threading


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def link(state):
    subprocess.run(['ip', 'link', 'set', 'lo', state], check=True)


def accept(listener, server):
    while True:
        client, _ = listener.accept()
        # As the server's own side of the connection, which sqlmig gives timers too; these are quicker.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 2000)
        upstream = socket.socket(socket.AF_UNIX)
        upstream.connect(server)
        for pair in ((client, upstream), (upstream, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


def main():
    link('up')
    listener = socket.create_server(('127.0.0.1', 5432))
    threading.Thread(target=accept, args=(listener, sys.argv[1]), daemon=True).start()
    print('ready', flush=True)
    for line in sys.stdin:
        link(line.strip())
        print('done', flush=True)


if __name__ == '__main__':
    main()
