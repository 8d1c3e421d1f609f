"""A mail without what is attached to it, so that reading it costs the same however large that is.

In a mail, files are runs of lines of base64. Long runs are lifted out and a mark is left where they stood; the beginning of
what remains is given to the parser, which needs minutes for a large mail that is made to break it. A mark bears a
fingerprint of the whole mail, so nobody can write one into theirs.
"""

import re
from dataclasses import dataclass
from email.message import MIMEPart
from hashlib import sha256
from typing import Self

LONGEST = 15 * 1024 * 1024  # of a mail is read: 10 MB of files are 14 MB of base64
BEGINNING = 256 * 1024  # of what remains without its files, and of a mail whose files nobody asks for
LIFTED_FROM = 4 * 1024
RUN = re.compile(rb"^(?:[A-Za-z0-9+/]{56,}+={0,2}+\r?+\n)++", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skeleton:
    """`content` is what remains; `is_whole` says whether nothing of the mail is missing in it and in what was lifted."""

    content: bytes
    seal: str
    lifted: tuple[memoryview, ...]
    is_whole: bool

    @classmethod
    def of(cls, mail: bytes) -> Self:
        seal, kept, at = sha256(mail).hexdigest()[:16], bytearray(), 0
        lifted: list[memoryview] = []
        for run in RUN.finditer(mail[:LONGEST]):
            if run.end() - run.start() >= LIFTED_FROM and len(kept) <= BEGINNING:
                kept += mail[at : run.start()] + f"{mark(seal, len(lifted))}\r\n".encode()
                lifted.append(memoryview(mail)[run.start() : run.end()])
                at = run.end()
        kept += mail[at:LONGEST]
        is_cut = len(mail) >= LONGEST or len(mail) == BEGINNING  # by whoever read or kept no more of it
        is_whole = len(kept) <= BEGINNING and not is_cut
        return cls(content=bytes(kept[:BEGINNING]), seal=seal, lifted=tuple(lifted), is_whole=is_whole)

    def restore(self, part: MIMEPart, *, longest: int = LONGEST) -> None:
        """Put the beginning of a part's body back as it stood in the mail."""
        payload = part.get_payload()
        if isinstance(payload, str) and self.seal in payload:
            pattern = re.compile(f"{mark(self.seal, '([0-9]+)')}\r?\n?")
            whole = pattern.sub(lambda found: bytes(self.lifted[int(found[1])]).decode("ascii"), payload)
            part.set_payload(whole[:longest])


def mark(seal: str, number: object) -> str:
    return f":lifted-{seal}-{number}:"
