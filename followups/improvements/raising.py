"""Who raised an improvement: follow-ups and answers are linked to it, many in one statement."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce

from customers.models import Customer
from events.lookups import Among
from followups.causes import CauseTree
from followups.improvements.working import add_step
from followups.models import FollowUp, FollowUpLeg, Improvement, ImprovementStep, ImprovementVoice, RootCause
from staff.access import visible, within
from staff.models import User
from surveys.metrics import GOOD
from surveys.models import CommentTopic, SurveyResponse, Topic

Kind = ImprovementStep.Kind
BATCH = 1000
WHO = Coalesce("follow_up__customer", "survey_response__customer")
NAMELESS = Case(
    When(follow_up__customer=None, survey_response__customer=None, then="pk")
)  # each counts for somebody: nobody knows who they are


def follow_ups_of_cause(cause: RootCause, *, since: datetime, until: datetime) -> QuerySet[FollowUp]:
    """Those resolved with `cause` or what stands below it from `since` to before `until`, in whichever leg."""
    branch = CauseTree.load().branch(cause.pk)
    then = {"root_cause__in": branch, "resolved_at__gte": since, "resolved_at__lt": until}
    earlier = FollowUpLeg.objects.filter(follow_up=OuterRef("pk"), **then)
    return FollowUp.objects.filter(Q(state=FollowUp.State.RESOLVED, **then) | Exists(earlier.order_by()))


def answers_of_topic(
    topic: Topic, *, since: datetime, until: datetime, with_happy: bool = False
) -> QuerySet[SurveyResponse]:
    """Those with a comment about `topic` from `since` to before `until`; of the happy ones only if asked for."""
    about = CommentTopic.objects.filter(survey_response=OuterRef("pk"), topic=topic).order_by()
    found = SurveyResponse.objects.counted().filter(
        Exists(about), submitted_at__gte=since, submitted_at__lt=until
    )
    return found if with_happy else found.exclude(is_happy())


def is_happy() -> Q:
    happy = Q()
    for kind, scores in GOOD.items():
        happy |= Q(score_kind=kind, score__in=list(scores))
    return happy


@transaction.atomic
def link_follow_ups(
    *, improvement: Improvement, follow_ups: QuerySet[FollowUp], by: User | None, at: datetime
) -> int:
    """Let `follow_ups` stand for customers who raised it; those `by` may not see, or of another unit, are left out.

    Returns how many are new. An answer that was linked by itself becomes that of its follow-up.
    """
    hold(improvement)
    known = ImprovementVoice.objects.filter(improvement=improvement, follow_up=OuterRef("pk"))
    wanted = reachable(follow_ups, improvement, by).filter(~Exists(known.order_by()))
    pairs = list(wanted.order_by("pk").values_list("pk", "survey_response"))
    answers = [answer for _pk, answer in pairs if answer]
    alone = improvement.voices.filter(Among("survey_response", answers), follow_up=None)
    alone.delete()
    voices = ({"follow_up_id": pk, "survey_response_id": answer} for pk, answer in pairs)
    return link(improvement, voices, by, at)


@transaction.atomic
def link_answers(
    *, improvement: Improvement, answers: QuerySet[SurveyResponse], by: User | None, at: datetime
) -> int:
    """The same with answers, also of those whom nobody was to call; returns how many are new."""
    hold(improvement)
    known = ImprovementVoice.objects.filter(improvement=improvement, survey_response=OuterRef("pk"))
    wanted = reachable(answers, improvement, by).filter(~Exists(known.order_by()))
    pks = wanted.order_by("pk").values_list("pk", flat=True)
    return link(improvement, ({"survey_response_id": pk} for pk in pks), by, at)


def hold(improvement: Improvement) -> None:
    """Until the transaction ends: who links the same at the same time comes second, and finds nothing new."""
    held = Improvement.objects.select_for_update(no_key=True).filter(pk=improvement.pk)
    held.values_list("pk", flat=True).get()


def link(improvement: Improvement, voices: Iterable[dict[str, Any]], by: User | None, at: datetime) -> int:
    """A portion at a time: a cause of years has more of them than a web process has memory for."""
    rows = (ImprovementVoice(improvement=improvement, linked_by=by, linked_at=at, **each) for each in voices)
    linked = 0
    while portion := list(islice(rows, BATCH)):
        linked += len(ImprovementVoice.objects.bulk_create(portion))
    if linked:
        add_step(improvement, Kind.LINKED, by=by, text=str(linked), at=at)
    return linked


@transaction.atomic
def unlink(*, improvement: Improvement, voices: Iterable[int], by: User, at: datetime) -> int:
    """Take those of `voices` away again that `by` may see; who was told already stays told. Returns how many."""
    seen = voices_seen_by(by, improvement).filter(Among("pk", voices))
    gone, _models = improvement.voices.filter(Among("pk", list(seen.values_list("pk", flat=True)))).delete()
    if gone:
        add_step(improvement, Kind.UNLINKED, by=by, text=str(gone), at=at)
    return gone


def reachable(rows: QuerySet[Any], improvement: Improvement, by: User | None) -> QuerySet[Any]:
    """Of the improvement's unit, and seen by whoever links them; who was erased is nobody's voice."""
    living = rows.filter(Q(customer=None) | Q(customer__erased_at=None))
    ours = living if improvement.unit is None else within(living, improvement.unit)
    return ours if by is None else visible(ours, by)


def count_people(improvements: Iterable[int]) -> dict[int, int]:
    """How many people raised each: everybody once, however often they said so; in one query."""
    counted = (
        ImprovementVoice.objects.filter(improvement__in=list(improvements))
        .order_by()
        .values("improvement")
        .annotate(people=Count(WHO, distinct=True) + Count(NAMELESS, distinct=True))
    )
    return dict(counted.values_list("improvement", "people"))


def people_who_raised(improvement: Improvement) -> QuerySet[Customer]:
    """Everybody who raised it and is there: merged customers are the one who was kept, erased ones are nobody."""
    voices = improvement.voices.order_by()
    return Customer.objects.filter(
        Q(pk__in=voices.filter(follow_up__customer__isnull=False).values("follow_up__customer"))
        | Q(pk__in=voices.filter(survey_response__customer__isnull=False).values("survey_response__customer"))
    )


def voices_seen_by(user: User, improvement: Improvement) -> QuerySet[ImprovementVoice]:
    """The newest first, with what they said; of customers `user` may see."""
    follow_ups = visible(FollowUp.objects.filter(pk=OuterRef("follow_up")), user).order_by()
    answers = visible(SurveyResponse.objects.filter(pk=OuterRef("survey_response")), user).order_by()
    return (
        improvement.voices.filter(Exists(follow_ups) | Exists(answers))
        .annotate(who=WHO)
        .select_related(
            "follow_up__customer",
            "follow_up__interaction",
            "follow_up__survey_response",
            "survey_response__customer",
            "survey_response__survey",
        )
        .order_by("-pk")
    )
