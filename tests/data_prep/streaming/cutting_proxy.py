"""A proxy between an S3 client and its server that cuts connections."""

import contextlib
import re
import socket
import threading


class CuttingProxy:
    """Forwards connections on loopback to a server, and cuts them after some bytes of its answers.

    Attributes:
        port: Port of the proxy.
        budget: Bytes of answers until the next cut; None for no cut.
        is_down: Whether connections are refused.
        stays_down: Whether they are refused after a cut.
        ranges: First bytes of the ranges that clients have asked for.
        cuts: Number of connections that were cut.
    """

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.budget: int | None = None
        self.is_down = self.stays_down = False
        self.ranges: list[int] = []
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop accepting connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.is_down:
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self._server_port))
                threading.Thread(target=self._send, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answer, args=(client, server), daemon=True).start()

    def _send(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := client.recv(1 << 16):
                found = re.findall(rb"(?i)\r\nrange: bytes=(\d+)-", content)
                self.ranges += map(int, found)
                if self.is_down:
                    break
                server.sendall(content)
        _close(client, server)

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := server.recv(1 << 14):
                if self.budget is not None:
                    if len(content) > self.budget:
                        client.sendall(content[: self.budget])
                        self.budget, self.is_down = None, self.stays_down
                        self.cuts += 1
                        break
                    self.budget -= len(content)
                client.sendall(content)
        _close(client, server)


def _close(*sockets: socket.socket) -> None:
    for each in sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
