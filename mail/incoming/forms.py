"""The mail in a form that an e-mail service posts: Django reads forms of a megabyte, and mails are larger."""

import re
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest

from mail.incoming.skeleton import LONGEST

ENCODED, IN_PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
LONGEST_FORM = 2 * LONGEST  # is read: encoding makes mails longer, and other fields stand beside them
LONGEST_HEAD = 2000  # of a field
FIELDS = (b"email", b"body-mime")  # where SendGrid and Mailgun put the whole mail
NAMED = re.compile(rb';\s*name="?(?:' + b"|".join(FIELDS) + rb')"?\s*(?:;|\r\n|\Z)', re.IGNORECASE)
BLANK_LINE = b"\r\n\r\n"


def is_form(request: HttpRequest) -> bool:
    return request.content_type in {ENCODED, IN_PARTS}


def mail_in_form(request: HttpRequest) -> bytes:
    """The field with the mail; empty where there is none, or it is empty."""
    body, params = request.read(LONGEST_FORM), request.content_params or {}
    found = (
        encoded_field(body)
        if request.content_type == ENCODED
        else field_in_parts(body, params.get("boundary", ""))
    )
    return found[:LONGEST]


def encoded_field(body: bytes) -> bytes:
    fields = (field.partition(b"=") for field in body.split(b"&"))
    return next(
        (unquote_to_bytes(value.replace(b"+", b" ")) for name, _is, value in fields if name in FIELDS), b""
    )


def field_in_parts(body: bytes, boundary: str) -> bytes:
    """Whether it is written as a field or as a file; of a call that was cut, up to there."""
    border = b"\r\n--" + boundary.encode()
    body = b"\r\n" + body
    start = body.find(border) if boundary else -1
    while start >= 0:
        head_ends = body.find(BLANK_LINE, start, start + LONGEST_HEAD)
        end = body.find(border, start + len(border))
        if head_ends >= 0 and NAMED.search(body, start, head_ends):
            return body[head_ends + len(BLANK_LINE) : end if end >= 0 else len(body)]
        start = end
    return b""
