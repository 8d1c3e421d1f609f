"""Where an answer ends and what it quotes begins: mail programs put the whole thread below each answer."""

import re
from collections.abc import Sequence

from mail.incoming.html_text import HERE_BEGINS_THE_QUOTE

LOOKS_BACK = 3  # lines over which “On Tuesday … wrote:” may be broken
BEGINS = re.compile(
    r"-{2,}\s*(original message|forwarded message|исходное сообщение|пересылаемое сообщение|originalna poruka"
    r"|پیام اصلی|原始邮件|ursprüngliche nachricht)\s*-{2,}|_{20,}|" + HERE_BEGINS_THE_QUOTE.strip(),
    re.IGNORECASE,
)
INTRODUCES = re.compile(
    r"((on|am|le|el|dana|u)\s.{4,160}(wrote|schrieb|a écrit|escribió|napisao|napisala|je napisao/la|je napisala"
    r"|je napisao)|.{4,160}(пишет|написал|написала|написал\(а\)|نوشت|نوشته است|写道))\s*[:：]?",
    re.IGNORECASE,
)
FIELD = re.compile(r"\*?(from|von|от|od|de|از|发件人)\*?\s*[:：]", re.IGNORECASE)
NEXT_FIELD = re.compile(
    r"\*?(sent|to|subject|date|gesendet|an|betreff|отправлено|дата|кому|тема|poslano|datum|za|predmet|تاریخ|ارسال|به"
    r"|发送时间|日期|收件人|主题)\*?\s*[:：]",
    re.IGNORECASE,
)


def parted(text: str) -> tuple[str, str]:
    """What was written now, and what is quoted below it; an answer within the quotes stays whole."""
    lines = text.split("\n")
    here = beginning_of_quote(lines)
    if here is None:
        return text.strip(), ""
    own, quoted = "\n".join(lines[:here]).strip(), "\n".join(lines[here:])
    quoted = quoted.replace(HERE_BEGINS_THE_QUOTE.strip(), "").strip()
    return (own, quoted) if own else (quoted, "")


def beginning_of_quote(lines: Sequence[str]) -> int | None:
    """The first line from which on nothing is the writer's own."""
    for number, line in enumerate(lines):
        stripped = line.strip()
        if BEGINS.fullmatch(stripped) or is_mail_head(lines[number : number + 4]):
            return number
        if (start := introduction_ending(lines, number)) is not None:
            return start
    return quoted_tail(lines)


def is_mail_head(lines: Sequence[str]) -> bool:
    """“From: …” with another such line close below."""
    first, *others = [line.strip() for line in lines]
    return bool(FIELD.match(first)) and any(NEXT_FIELD.match(other) for other in others)


def introduction_ending(lines: Sequence[str], end: int) -> int | None:
    """Where “On Tuesday, Sara wrote:” begins that ends in line `end` and has quoted lines, or nothing, below it."""
    for start in range(end, max(-1, end - LOOKS_BACK), -1):
        if not lines[start].strip():
            return None
        if INTRODUCES.fullmatch(" ".join(line.strip() for line in lines[start : end + 1])):
            return start if is_quoted_below(lines, end) else None
    return None


def is_quoted_below(lines: Sequence[str], end: int) -> bool:
    below = next((line.strip() for line in lines[end + 1 :] if line.strip()), ">")
    return below.startswith((">", HERE_BEGINS_THE_QUOTE.strip()))


def quoted_tail(lines: Sequence[str]) -> int | None:
    """Where the last lines are all quoted, the first of them."""
    tail = len(lines)
    while tail and (not lines[tail - 1].strip() or lines[tail - 1].lstrip().startswith(">")):
        tail -= 1
    return tail if any(line.lstrip().startswith(">") for line in lines[tail:]) else None
