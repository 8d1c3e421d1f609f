"""Templates of replies: what may stand in braces, and a template said in a customer's language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from followups.models import FollowUp, ReplyTemplate
from staff.models import User
from surveys.questions.wording import Voice

NAMES = ("first_name", "agent", "organisation")
IN_BRACES = re.compile(r"\{([^{}\n]*)\}")


@dataclass(frozen=True, slots=True)
class Wording:
    subject: str
    text: str


def unknown_names(texts: Mapping[str, str]) -> list[str]:
    """What stands in braces in any language and is no name we fill in."""
    named = {name for text in texts.values() for name in IN_BRACES.findall(text)}
    return sorted(named - set(NAMES))


def said_to(follow_up: FollowUp, template: ReplyTemplate, *, by: User | None) -> Wording:
    """The template in the customer's language, else in the main one; a name we do not know is left out."""
    customer = follow_up.customer
    names = {"first_name": customer.first_name if customer else "", "agent": str(by) if by else ""}
    language = customer.language if customer else settings.LANGUAGE_CODE
    voice = Voice(language, settings.LANGUAGE_CODE, names)
    return Wording(subject=voice.say(template.subject), text=voice.say(template.body))
