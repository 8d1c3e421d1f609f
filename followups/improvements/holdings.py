"""What somebody raised: told to them, and forgotten with them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.privacy.personal import Holding, Person
from followups.models import ImprovementVoice


def voices_of(person: Person) -> Q:
    return Q(follow_up__customer__in=person.numbers) | Q(survey_response__customer__in=person.numbers)


def tell_voices(person: Person) -> Sequence[Mapping[str, object]]:
    """Which improvements their answers stand for, in the words customers are told."""
    voices = ImprovementVoice.objects.filter(voices_of(person)).order_by("pk")
    words = ("improvement__you_said", "improvement__what_we_did", "improvement__done_at")
    return list(voices.values("improvement", *words, "linked_at"))


def erase_voices(person: Person, at: datetime) -> dict[str, int]:
    """They count for nothing any more, and nobody is told."""
    gone, _models = ImprovementVoice.objects.filter(voices_of(person)).delete()
    return {"links_to_improvements": gone}


VOICES = Holding(
    name="improvements", title=_("Improvements they raised"), tell=tell_voices, erase=erase_voices
)
