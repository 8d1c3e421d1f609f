"""Reading the head of a mail that may be made to break its reader."""

from email.message import EmailMessage

from mail.texts import storable

MADE_TO_BREAK = (ValueError, LookupError, AttributeError, TypeError, RecursionError, AssertionError)
LONGEST = 10_000


def field(mail: EmailMessage, name: str) -> str:
    """A header on one line; "" for one that is not there or cannot be read."""
    try:
        value = mail.get(name)
    except MADE_TO_BREAK:
        return ""
    return storable(" ".join(str(value or "").split()), LONGEST)


def fields(mail: EmailMessage, name: str) -> list[str]:
    """The same of a header that may stand there several times."""
    try:
        return [storable(" ".join(str(value).split()), LONGEST) for value in mail.get_all(name, [])]
    except MADE_TO_BREAK:
        return []
