"""What we asked a customer and what they answered: told to them, and cut down to its numbers."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.privacy.personal import Holding, Person, Retention
from events.lookups import Among
from mail.models import ReceivedLetter
from surveys.answering.uploads import throw_away
from surveys.models import Answer, CommentTopic, Invitation, Question, StartedResponse, SurveyResponse, Upload
from surveys.sending.deliveries import KEY

State = Invitation.State
HAS_FILE = Q(question__kind=Question.Kind.FILE, value__isnull=False)
WORDY = Answer.objects.filter(~Q(text="") | HAS_FILE)


def tell_invitations(person: Person) -> Sequence[Mapping[str, object]]:
    invitations = Invitation.objects.filter(customer__in=person.numbers).order_by("pk")
    return list(
        invitations.values(
            "wave__campaign__name",
            "state",
            "reason",
            "address",
            "context",
            "sent_at",
            "reminded_at",
            "answered_at",
        )
    )


def erase_invitations(person: Person, at: datetime) -> dict[str, int]:
    """Who was asked still counts; where, and what about, does not stay. What waits to be sent is not."""
    invitations = Invitation.objects.filter(customer__in=person.numbers)
    waiting = invitations.waiting()
    waiting.filter(sent_at=None).update(state=State.CANCELLED)
    waiting.update(state=State.SENT)
    forget_letters(person)
    return {"invitations": invitations.update(address="", digest="", error="", context={})}


def forget_letters(person: Person) -> None:
    """What they wrote back and nobody has heard yet."""
    unread = ReceivedLetter.objects.filter(read_at=None).values_list("pk", "key")
    answered = {pk: int(found[1]) for pk, key in unread if (found := KEY.match(key))}
    theirs = Invitation.objects.filter(Among("pk", answered.values()), customer__in=person.numbers)
    numbers = set(theirs.values_list("pk", flat=True))
    letters = [pk for pk, number in answered.items() if number in numbers]
    ReceivedLetter.objects.filter(Among("pk", letters)).update(content=b"", sender="", key="")


def tell_answers(person: Person) -> Sequence[Mapping[str, object]]:
    answers = Answer.objects.filter(survey_response__customer__in=person.numbers).order_by("pk")
    return list(
        answers.values(
            "survey_response__submitted_at",
            "survey_response__survey__name",
            "survey_response__context",
            "question__text",
            "score",
            "text",
            "value",
        )
    )


def erase_answers(person: Person, at: datetime) -> dict[str, int]:
    """Their words and files go, what it was about, and what they had only begun to answer."""
    begun, _each = StartedResponse.objects.filter(invitation__customer__in=person.numbers).delete()
    SurveyResponse.objects.filter(customer__in=person.numbers).update(context={})
    answers = WORDY.filter(survey_response__customer__in=person.numbers)
    forgotten = forget_comments(list(answers.values_list("pk", flat=True)), at)
    return {"comments": forgotten, "begun responses": begun}


def forget_comments(pks: Sequence[int], at: datetime) -> int:
    """The words go, and what they were about; the scores stay."""
    answers = Answer.objects.filter(Among("pk", pks))
    responses = list(answers.order_by().values_list("survey_response", flat=True))
    throw_away(Upload.objects.filter(Among("survey_response", responses)))
    answers.filter(question__kind=Question.Kind.FILE).update(value=None)
    forgotten = answers.update(text="")
    CommentTopic.objects.filter(Among("answer", pks)).delete()
    rest = Answer.objects.filter(Among("survey_response", responses)).exclude(text="")
    SurveyResponse.objects.filter(Among("pk", responses)).exclude(
        pk__in=rest.values("survey_response")
    ).update(has_comment=False)
    return forgotten


INVITATIONS = Holding(
    name="invitations", title=_("Invitations"), tell=tell_invitations, erase=erase_invitations
)
ANSWERS = Holding(name="answers", title=_("Answers"), tell=tell_answers, erase=erase_answers)
OLD_COMMENTS = Retention(
    kind="comments",
    title=_("Comments of answers"),
    what_happens=_("the words go, the scores stay"),
    due=lambda before: WORDY.filter(survey_response__submitted_at__lt=before),
    forget=forget_comments,
)
