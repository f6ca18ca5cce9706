"""As much of the protocol as a queue takes."""

import os
import socket


def call(*words):
    with socket.create_connection((os.environ["REDIS_HOST"], 6379), timeout=5) as connection:
        parts = [f"*{len(words)}\r\n"] + [f"${len(word)}\r\n{word}\r\n" for word in words]
        connection.sendall("".join(parts).encode())
        reply = connection.makefile("rb")
        head = reply.readline()
        if head[:1] != b"$":
            return head[1:].strip().decode()
        size = int(head[1:])
        return reply.read(size).decode() if size >= 0 else None
