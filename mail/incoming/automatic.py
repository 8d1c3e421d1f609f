"""Was a mail written by a person, or did a machine answer by itself? A machine is never answered by a machine."""

import re
from email.message import EmailMessage
from email.utils import parseaddr

from mail.incoming.headers import field

BY_MACHINES = (
    "X-Auto-Response-Suppress",
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponder",
    "List-Id",
    "X-Loop",
)
TO_MANY = {"bulk", "junk", "list", "auto_reply", "auto-reply"}
ROBOTS = re.compile(
    r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply|autoreply|bounces?)\b", re.IGNORECASE
)
NOTICES = re.compile(
    r"(automatic reply|auto(matic)?[ -]?(re(ply|sponse)|response)|out of (the )?office|on vacation|away from"
    r"|автоответ|автоматический ответ|вне офиса|automatski odgovor|odsut(an|na|nost)|پاسخ خودکار|خارج از دفتر"
    r"|自动(回复|答复)|外出|abwesenheit|automatische antwort|réponse automatique|respuesta automática)",
    re.IGNORECASE,
)


def is_automatic(mail: EmailMessage) -> bool:
    """By RFC 3834 and what mail programs did before it; in doubt about a header it is."""
    submitted = said(mail, "Auto-Submitted").partition(";")[0].strip()
    return (
        submitted not in {"", "no"}
        or any(field(mail, name) for name in BY_MACHINES)
        or said(mail, "Precedence") in TO_MANY
        or said(mail, "Return-Path") == "<>"
        or mail.get_content_type() == "multipart/report"
        or bool(ROBOTS.match(parseaddr(said(mail, "From"))[1]))
        or bool(NOTICES.match(said(mail, "Subject")))
    )


def said(mail: EmailMessage, name: str) -> str:
    return field(mail, name).lower()
