"""A TCP proxy whose connections a test can pause and cut."""

import select
import socket
import threading
import time

CHUNK = 1 << 16
POLL_SECONDS = 0.2


class Proxy:
    """Listens on a loopback port of its own and hands on to `target` (host, port)."""

    def __init__(self, target, port=0):
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._passing = threading.Event()
        self._passing.set()
        self._refuse_until = 0.0
        self._connections = set()
        self._lock = threading.Lock()
        self._open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def pause(self):
        """Bytes stay where they are, both ways; connections stay open."""
        self._passing.clear()

    def resume(self):
        self._passing.set()

    def cut(self, seconds):
        """Closes all connections and refuses new ones for a while."""
        self._refuse_until = time.monotonic() + seconds
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            _shut(connection)

    def close(self):
        self._open = False
        self._listener.close()
        self.resume()
        self.cut(0)

    def _accept(self):
        while self._open:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        if time.monotonic() < self._refuse_until:
            client.close()
            return
        try:
            server = socket.create_connection(self._target, timeout=5)
        except OSError:
            client.close()
            return
        ends = (client, server)
        with self._lock:
            self._connections.update(ends)
        try:
            for end in ends:
                end.settimeout(None)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pump(client, server)
        except OSError:
            pass
        finally:
            with self._lock:
                self._connections.difference_update(ends)
            for end in ends:
                end.close()

    def _pump(self, client, server):
        peers = {client: server, server: client}
        while self._open:
            self._passing.wait()
            readable, _, _ = select.select(list(peers), [], [], POLL_SECONDS)
            for end in readable:
                data = end.recv(CHUNK)
                if not data:
                    return
                self._passing.wait()
                peers[end].sendall(data)


def _shut(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
