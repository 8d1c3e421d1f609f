"""A small SMS gateway for tests and chaos: a process of its own that writes down what it accepts.

    python -m tests.sms_gateway LOG [--delay SECONDS] [--refuse DIGITS] [--busy N] [--silent]

Prints its port. It takes Twilio's form and any JSON with `to`, `text` and `ref`. LOG gets a line per accepted message,
recipient and number, before the answer goes out. `--delay` waits before each answer, `--refuse` calls every recipient
that holds DIGITS no number, `--busy` tells the first N calls to come again in a minute, `--silent` never answers.
"""

import argparse
import asyncio
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs


@dataclass
class SmsGateway:
    """One running gateway."""

    port: int
    log: Path

    @property
    def as_twilio(self) -> str:
        return f"twilio://AC1:secret@127.0.0.1:{self.port}?from=+38761000000&tls=no"

    @property
    def as_gateway(self) -> str:
        fields = "field.to={to}&field.text={text}&field.ref={id}"
        return f"http-gateway://me:secret@127.0.0.1:{self.port}/send?tls=no&{fields}&id=messages.0.id"

    def accepted(self) -> list[str]:
        """The recipients of all accepted messages, in order."""
        return [line.split(" ")[0] for line in self.log.read_text().splitlines()]


@contextmanager
def running_sms_gateway(log: Path, *flags: str) -> Iterator[SmsGateway]:
    log.touch()
    command = [sys.executable, "-m", "tests.sms_gateway", str(log), *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            yield SmsGateway(port, log)
        finally:
            process.terminate()


class Desk:
    def __init__(self, options: argparse.Namespace, log: int) -> None:
        self.options, self.log = options, log
        self.numbers = itertools.count(1)
        self.busy = options.busy

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                await asyncio.sleep(self.options.delay)
                status, extra, answer = self.answer(lines[0].split(" ")[1], body)
                if self.options.silent:
                    continue
                content = json.dumps(answer).encode()
                writer.write(
                    f"HTTP/1.1 {status} X\r\n{extra}Content-Length: {len(content)}\r\n\r\n".encode() + content
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def answer(self, path: str, body: bytes) -> tuple[int, str, object]:
        if self.busy:
            self.busy -= 1
            return 429, "Retry-After: 60\r\n", {"code": 20429, "message": "Too many requests"}
        is_twilio = path.endswith("/Messages.json")
        fields = (
            {name: values[0] for name, values in parse_qs(body.decode()).items()}
            if is_twilio
            else json.loads(body)
        )
        recipient = fields["To" if is_twilio else "to"]
        if self.options.refuse and self.options.refuse in recipient:
            return 400, "", {"code": 21211, "message": f"{recipient} is not a number", "status": 400}
        number = next(self.numbers)
        os.write(self.log, f"{recipient} {number}\n".encode())
        if is_twilio:
            return 201, "", {"sid": f"SM{number}", "status": "queued"}
        return 200, "", {"messages": [{"id": number}]}


async def serve(options: argparse.Namespace) -> None:
    log = os.open(options.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    desk = Desk(options, log)
    server = await asyncio.start_server(desk.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("log")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--refuse", default="")
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--silent", action="store_true")
    asyncio.run(serve(parser.parse_args()))
