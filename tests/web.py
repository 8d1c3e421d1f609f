"""A small web server for tests: it notes every call and answers as the test says.

with running_web(lambda call: Reply(201, b'{"sid": "SM1"}')) as web: … web.url … web.calls
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0  # seconds before anything is said
    drip: float = 0.0  # seconds between single bytes of the body
    hangs_up: bool = False


@dataclass
class Web:
    url: str
    calls: list[Call] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)


@contextmanager
def running_web(answer: Callable[[Call], Reply]) -> Iterator[Web]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            web.connections.add(self.client_address)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            call = Call(self.command, self.path, headers, body)
            web.calls.append(call)
            with suppress(OSError):
                self.say(answer(call))

        do_GET = do_POST = do_PUT = do_OPTIONS = do_HEAD = answer  # noqa: N815  names of the base class

        def say(self, reply: Reply) -> None:
            time.sleep(reply.after)
            if reply.hangs_up:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            pieces = [reply.body[n : n + 1] for n in range(len(reply.body))] if reply.drip else [reply.body]
            for piece in pieces:
                time.sleep(reply.drip)
                self.wfile.write(piece)
                self.wfile.flush()

        def log_message(self, *_arguments: object) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

    server = Server(("127.0.0.1", 0), Handler)
    web = Web(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
