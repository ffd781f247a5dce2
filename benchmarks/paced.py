"""Sends requests at a rate over some connections, whatever the server does, and tells how long each took.

One thread and one selector: what the sender itself needs must not be taken for the server's time.
"""

import collections
import selectors
import socket
import sys
import time


class Connection:
    """One connection: at most one request is on its way, so the next waits and its wait counts."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.intended = None
        self.received = b""

    def send(self, request, intended):
        self.intended = intended
        self.socket.sendall(request)

    def receive(self):
        """The intended moment of the request that has its whole answer now; None while it has not."""
        self.received += self.socket.recv(65536)
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found or len(body) < content_length(head):
            return None
        if not head.startswith(b"HTTP/1.1 2"):
            sys.exit(f"a request was refused:\n{self.received.decode(errors='replace')}")
        self.received = b""
        return self.intended


def content_length(head):
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def paced(port, requests, rate, connections=32):
    """Sends the requests, `rate` a second, and gives the times from the intended moment to the answer, in ms."""
    times = []
    selector = selectors.SelectSelector()  # unlike epoll it waits for less than a millisecond, too
    free = collections.deque(Connection(port) for _ in range(connections))
    for connection in free:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    waiting = collections.deque()
    upcoming = iter(enumerate(requests))
    following = next(upcoming, None)
    under_way = 0
    began = time.perf_counter() + 0.1
    while following or waiting or under_way:
        now = time.perf_counter()
        while following and began + following[0] / rate <= now:
            waiting.append((following[1], began + following[0] / rate))
            following = next(upcoming, None)
        while waiting and free:
            free.popleft().send(*waiting.popleft())
            under_way += 1
        pause = max(began + following[0] / rate - now, 0) if following else 1
        for key, _ in selector.select(pause):
            intended = key.data.receive()
            if intended is not None:
                times.append((time.perf_counter() - intended) * 1000)
                free.append(key.data)
                under_way -= 1
    while free:
        free.popleft().socket.close()
    selector.close()
    return times
