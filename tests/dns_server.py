"""A small DNS server for tests: a thread that knows some TXT records and notes what it is asked."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset


@contextmanager
def running_dns(zone: dict[str, list[str]], *, is_broken: bool = False) -> Iterator[dns.resolver.Resolver]:
    """A DNS server that knows some TXT records, and the resolver that asks it."""
    asked: list[str] = []
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                packet, client = sock.recvfrom(4096)
            except OSError:
                return
            question = dns.message.from_wire(packet)
            name = question.question[0].name
            asked.append(name.to_text().rstrip("."))
            reply = dns.message.make_response(question)
            reply.flags |= dns.flags.RA
            if is_broken:
                reply.set_rcode(dns.rcode.SERVFAIL)
            elif texts := zone.get(asked[-1]):
                reply.answer.append(
                    dns.rrset.from_text(name, 60, "IN", "TXT", *(f'"{text}"' for text in texts))
                )
            else:
                reply.set_rcode(dns.rcode.NXDOMAIN)
            sock.sendto(reply.to_wire(), client)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port, resolver.asked = ["127.0.0.1"], sock.getsockname()[1], asked
    try:
        yield resolver
    finally:
        sock.close()
