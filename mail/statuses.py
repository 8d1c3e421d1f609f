"""What a mail server's status says about the address (RFC 3463, RFC 5321)."""

import re

from mail.reading import Kind

ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
BASIC = re.compile(r"(?<![\d.])([45])\d\d(?![\d.])")
NOBODY_THERE = {
    ("0", "0"),  # undefined, for good: what servers say that say no more
    ("1", "0"), ("1", "1"), ("1", "2"), ("1", "3"), ("1", "6"), ("1", "10"),  # bad mailbox, host or address; moved
    ("2", "1"),  # mailbox disabled
    ("4", "4"),  # no such host
}  # fmt: skip


def kind_of_status(words: str) -> Kind | None:
    """None when there is no status in it.

    A full mailbox, a policy or a rejected content says nothing about whether somebody is there.
    """
    if found := ENHANCED.search(words):
        level, subject, detail = found.groups()
        if level == "2":
            return Kind.DELIVERED
        return Kind.BOUNCED if level == "5" and (subject, detail) in NOBODY_THERE else Kind.UNDELIVERED
    if found := BASIC.search(words):
        return Kind.BOUNCED if found[0] in {"550", "551", "553"} else Kind.UNDELIVERED
    return None
