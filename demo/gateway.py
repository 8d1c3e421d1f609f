"""A telephone company for the demo: it takes SMS on this machine alone, shows them on a page, and tells what arrived.

    python -m demo.gateway PORT

What it tells is signed with the SECRET of its environment, as SMS_URL says.
"""

import hmac
import json
import os
import queue
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import httpcore

SHOWN = 100
ARRIVES_AFTER = 4.0  # seconds
PATIENCE = {"timeout": {"connect": 5.0, "read": 5.0, "write": 5.0, "pool": 5.0}}  # seconds
LANDLINE = "07"  # the end of numbers that take no SMS
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Telephones of the demo</title>
<meta http-equiv="refresh" content="5"><style>body{{font:16px/1.5 sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}}
li{{margin-block:1rem;overflow-wrap:anywhere}}</style><h1>Telephones of the demo</h1>
<p>SMS that the platform handed over; none left this machine.</p><ol reversed>{messages}</ol></html>"""


@dataclass(frozen=True, slots=True)
class Sms:
    number: str
    to: str
    text: str
    ref: str
    callback: str


class Company:
    """The messages it has, and those of whose arrival it still has to tell."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.numbers = count(1)
        self.messages: deque[Sms] = deque(maxlen=SHOWN)
        self.to_tell: queue.SimpleQueue[tuple[float, Sms]] = queue.SimpleQueue()

    def take(self, asked: dict[str, str]) -> Sms:
        sms = Sms(
            f"sms-{next(self.numbers)}",
            asked["to"],
            asked["text"],
            asked.get("ref", ""),
            asked.get("callback", ""),
        )
        self.messages.appendleft(sms)
        self.to_tell.put((time.monotonic() + ARRIVES_AFTER, sms))
        return sms

    def tell_for_ever(self) -> None:
        while True:
            moment, sms = self.to_tell.get()
            time.sleep(max(0.0, moment - time.monotonic()))
            self.tell(sms)

    def tell(self, sms: Sms) -> None:
        """Who is not there to hear it has missed it, as with real ones after a while."""
        body = json.dumps({"id": sms.number, "key": sms.ref, "status": "delivered", "to": sms.to}).encode()
        signature = hmac.digest(self.secret.encode(), body, "sha256").hex()
        headers = [("Content-Type", "application/json"), ("X-Signature", signature)]
        if sms.callback.startswith("http://127.0.0.1:"):
            with suppress(httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError):
                httpcore.request("POST", sms.callback, headers=headers, content=body, extensions=PATIENCE)

    def page(self) -> bytes:
        lines = (
            f"<li><strong>{escape(sms.to)}</strong><br>{escape(sms.text)}</li>"
            for sms in self.messages.copy()
        )
        return PAGE.format(messages="".join(lines)).encode()


def serve(company: Company, *, port: int) -> ThreadingHTTPServer:
    """The server of `company` on this machine; 0 takes any free port."""

    class Desk(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            if asked["to"].endswith(LANDLINE):
                return self.answer(400, b"21614 The number is a landline and cannot receive SMS.")
            return self.answer(200, json.dumps({"messages": [{"id": company.take(asked).number}]}).encode())

        def do_GET(self) -> None:
            self.answer(200, company.page(), kind="text/html; charset=utf-8")

        def do_OPTIONS(self) -> None:
            self.answer(200, b"ready")

        def answer(self, status: int, body: bytes, *, kind: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the parent's word
            """Its messages stand on its page."""

    threading.Thread(target=company.tell_for_ever, daemon=True).start()
    return ThreadingHTTPServer(("127.0.0.1", port), Desk)


if __name__ == "__main__":
    with serve(Company(os.environ["SECRET"]), port=int(sys.argv[1])) as server, suppress(KeyboardInterrupt):
        server.serve_forever()
