"""A small mail server for tests, benches and chaos: a process of its own that writes down what it accepts.

    python -m tests.sink LOG [--delay SECONDS] [--refuse WORD] [--silent]

Prints its port. LOG gets a line per accepted mail, recipient and Message-ID, before the "250" goes out: it tells what
really left, whatever became of the sender. `--delay` waits before each reply, `--refuse` says 550 to every recipient
that holds WORD, `--silent` never answers the end of a mail.
"""

import argparse
import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from selectors import SelectSelector

MESSAGE_ID = re.compile(rb"^Message-ID: (<[^>]*>)", re.MULTILINE)


@dataclass
class Sink:
    """One running sink."""

    url: str
    log: Path

    def accepted(self) -> list[str]:
        """The recipients of all accepted mails, in order."""
        return [line.split(" ")[0] for line in self.log.read_text().splitlines()]


@contextmanager
def running_sink(log: Path, *flags: str) -> Iterator[Sink]:
    command = [sys.executable, "-m", "tests.sink", str(log), *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        try:
            yield Sink(url=f"smtp://127.0.0.1:{port}", log=log)
        finally:
            process.terminate()


class Session(asyncio.Protocol):
    def __init__(self, options: argparse.Namespace, log: int) -> None:
        self.options, self.log = options, log
        self.buffer = bytearray()
        self.unsaid = bytearray()
        self.in_content = False
        self.recipient = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.say(b"220 sink\r\n")

    def say(self, words: bytes) -> None:
        """At once, or after the delay; what is said in one go then travels in one packet."""
        if not self.options.delay or words.startswith(b"220"):
            self.transport.write(words)
            return
        if not self.unsaid:
            asyncio.get_running_loop().call_soon(self.say_later)
        self.unsaid += words

    def say_later(self) -> None:
        words, self.unsaid = bytes(self.unsaid), bytearray()
        asyncio.get_running_loop().call_later(self.options.delay, self.transport.write, words)

    def data_received(self, chunk: bytes) -> None:
        self.buffer += chunk
        while True:
            end = self.buffer.find(b"\r\n.\r\n" if self.in_content else b"\r\n")
            if end < 0:
                return
            if self.in_content:
                content = bytes(self.buffer[:end])
                del self.buffer[: end + 5]
                self.in_content = False
                self.keep(content)
            else:
                line = bytes(self.buffer[:end])
                del self.buffer[: end + 2]
                self.obey(line)

    def keep(self, content: bytes) -> None:
        found = MESSAGE_ID.search(content)
        message_id = found[1].decode() if found else "-"
        os.write(self.log, f"{self.recipient} {message_id}\n".encode())
        if not self.options.silent:
            self.say(b"250 kept\r\n")

    def obey(self, line: bytes) -> None:
        match line[:4].upper():
            case b"EHLO":
                self.say(b"250-sink\r\n250-8BITMIME\r\n250 PIPELINING\r\n")
            case b"RCPT":
                self.recipient = line.partition(b"<")[2].partition(b">")[0].decode()
                refuse = self.options.refuse
                self.say(b"550 no such person\r\n" if refuse and refuse in self.recipient else b"250 OK\r\n")
            case b"DATA":
                refuse = self.options.refuse
                if refuse and refuse in self.recipient:
                    self.say(b"503 nobody to write to\r\n")
                else:
                    self.in_content = True
                    self.say(b"354 go on\r\n")
            case b"QUIT":
                self.say(b"221 bye\r\n")
            case _:
                self.say(b"250 OK\r\n")


async def serve(options: argparse.Namespace) -> None:
    log = os.open(options.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(options, log), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("log")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--refuse", default="")
    parser.add_argument("--silent", action="store_true")
    given = parser.parse_args()
    loop = asyncio.SelectorEventLoop(SelectSelector() if given.delay else None)
    loop.run_until_complete(serve(given))
