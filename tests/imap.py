"""A small IMAP server for tests: one mailbox, with as much of the protocol as reading it needs.

with running_imap([b"Subject: …", …]) as box: … box.url … box.seen
"""

import asyncio
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

USER, PASSWORD = "bounces@example.com", "p@ss/word"
PARTIAL = re.compile(r"BODY\.PEEK\[\]<0\.(\d+)>")


@dataclass
class Box:
    mails: list[bytes]
    port: int = 0
    seen: set[int] = field(default_factory=set)  # numbers from 1
    fetched: list[int] = field(default_factory=list)  # how many bytes were asked for, each time
    logins: int = 0
    hangs_up_after: int | None = None  # mails that may be fetched before the line is cut

    @property
    def url(self) -> str:
        return f"imap://bounces%40example.com:p%40ss%2Fword@127.0.0.1:{self.port}/Returned"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        while line := (await reader.readline()).decode().strip():
            tag, command, *rest = line.split(" ", 2)
            told = self.obey(command.upper(), rest[0] if rest else "")
            if told is None:
                break
            writer.write(told.replace(b"%tag", tag.encode()))
            await writer.drain()
            if command.upper() == "LOGOUT":
                break
        writer.close()

    def obey(self, command: str, words: str) -> bytes | None:  # noqa: PLR0911  one answer a command
        match command:
            case "CAPABILITY":
                return b"* CAPABILITY IMAP4rev1\r\n%tag OK done\r\n"
            case "LOGIN" if (
                words.split(" ") == [f'"{USER}"', f'"{PASSWORD}"'] or words == f'{USER} "{PASSWORD}"'
            ):
                self.logins += 1
                return b"%tag OK in\r\n"
            case "LOGIN":
                return b"%tag NO who are you\r\n"
            case "SELECT" if words == '"Returned"':
                return f"* {len(self.mails)} EXISTS\r\n%tag OK [READ-WRITE]\r\n".encode()
            case "UID":
                return self.obey_uid(*words.split(" ", 2))
            case "LOGOUT":
                return b"* BYE\r\n%tag OK done\r\n"
            case _:
                return b"%tag NO not here\r\n"

    def obey_uid(self, command: str, *words: str) -> bytes | None:
        match command:
            case "SEARCH":
                numbers = " ".join(str(n) for n in range(1, len(self.mails) + 1) if n not in self.seen)
                return f"* SEARCH {numbers}".rstrip().encode() + b"\r\n%tag OK done\r\n"
            case "FETCH":
                if self.hangs_up_after is not None:
                    self.hangs_up_after -= 1
                    if self.hangs_up_after < 0:
                        return None
                number, length = int(words[0]), int(PARTIAL.search(words[1])[1])
                self.fetched.append(length)
                content = self.mails[number - 1][:length]
                head = f"* {number} FETCH (UID {number} BODY[]<0> {{{len(content)}}}\r\n".encode()
                return head + content + b")\r\n%tag OK done\r\n"
            case _:
                assert words[1] == r"+FLAGS (\Seen)"
                self.seen.add(int(words[0]))
                return b"%tag OK done\r\n"


@contextmanager
def running_imap(mails: Sequence[bytes], **options: object) -> Iterator[Box]:
    box = Box(list(mails), **options)
    loop = asyncio.new_event_loop()
    started = threading.Event()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(box.serve, "127.0.0.1", 0)

    def run() -> None:
        server = loop.run_until_complete(start())
        box.port = server.sockets[0].getsockname()[1]
        started.set()
        loop.run_forever()
        server.close()
        loop.run_until_complete(asyncio.sleep(0))  # lines that were closed go now

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait()
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
