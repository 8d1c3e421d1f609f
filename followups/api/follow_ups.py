from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import Customer
from followups.api.conversations import MessageSerializer, ReplyInput
from followups.api.filters import FollowUpFilters
from followups.causes import CauseTree
from followups.conversations import reaching, replying
from followups.models import FollowUp, FollowUpStep, FollowUpTask, Priority, RootCause
from followups.working import steps
from followups.working.by_hand import open_by_hand
from staff.api.errors import Fact
from staff.api.views import ApiViewSet, Input, VisibleKey
from staff.models import Team
from staff.people import people_in_teams


class StepSerializer(serializers.ModelSerializer[FollowUpStep]):
    class Meta:
        model = FollowUpStep
        fields = read_only_fields = ("kind", "author", "text", "at")


class TaskSerializer(serializers.ModelSerializer[FollowUpTask]):
    class Meta:
        model = FollowUpTask
        fields = read_only_fields = ("id", "kind", "text", "due_date", "done_at", "done_by")


class FollowUpSerializer(serializers.ModelSerializer[FollowUp]):
    outcome = serializers.ChoiceField(choices=FollowUp.Outcome.choices, allow_blank=True, read_only=True)
    steps = StepSerializer(many=True, read_only=True)
    tasks = TaskSerializer(many=True, read_only=True)
    messages = MessageSerializer(many=True, read_only=True)

    class Meta:
        model = FollowUp
        fields = read_only_fields = (
            "id",
            "source",
            "survey_response",
            "interaction",
            "summary",
            "customer",
            "score",
            "team",
            "owner",
            "state",
            "priority",
            "opened_at",
            "leg",
            "leg_opened_at",
            "due_at",
            "contact_due_at",
            "acknowledged_at",
            "contacted_at",
            "resolve_due_at",
            "resolved_at",
            "waiting_since",
            "wakes_at",
            "escalated_at",
            "root_cause",
            "outcome",
            "merged_into",
            "version",
            "tasks",
            "steps",
            "messages",
        )


class RootCauseSerializer(serializers.ModelSerializer[RootCause]):
    class Meta:
        model = RootCause
        fields = read_only_fields = ("id", "name", "parent", "position", "is_active")


class OpenInput(Input):
    customer = VisibleKey(queryset=Customer.objects.all())
    team = serializers.PrimaryKeyRelatedField(queryset=Team.objects.all())
    owner = serializers.PrimaryKeyRelatedField(
        queryset=people_in_teams(),
        required=False,
        allow_null=True,
        default=None,
        help_text="Nobody: it waits under “Unassigned”.",
    )
    priority = serializers.ChoiceField(choices=Priority.choices, default=Priority.NORMAL)
    text = serializers.CharField(max_length=5000, help_text="What happened.")


class TakeInput(Input):
    seen_version = serializers.IntegerField(
        min_value=1,
        max_value=2**31 - 1,
        required=False,
        help_text="Refuse with 409 when the follow-up changed since this version.",
    )


class NoteInput(TakeInput):
    text = serializers.CharField(max_length=5000)


class ContactInput(TakeInput):
    text = serializers.CharField(max_length=5000, required=False, allow_blank=True)


class WaitInput(ContactInput):
    until = serializers.DateTimeField(
        required=False, allow_null=True, help_text="When it comes back by itself."
    )


class PriorityInput(TakeInput):
    priority = serializers.ChoiceField(choices=Priority.choices)


class CauseInUse(serializers.PrimaryKeyRelatedField[RootCause]):
    """What stands below a cause that is out of use is out of use, too."""

    def to_internal_value(self, data: Any) -> Any:
        cause = super().to_internal_value(data)
        if cause not in [each for each, _depth in CauseTree.load().in_use()]:
            self.fail("does_not_exist", pk_value=data)
        return cause


class ResolveInput(ContactInput):
    root_cause = CauseInUse(queryset=RootCause.objects.in_use())
    outcome = serializers.ChoiceField(choices=FollowUp.OUTCOMES)


@extend_schema_view(
    list=extend_schema(summary="Follow-ups, newest first"),
    retrieve=extend_schema(summary="One follow-up with its history"),
)
class FollowUpViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    read_scope = "follow_ups:read"
    write_scope = "follow_ups:write"
    queryset = FollowUp.objects.prefetch_related("steps", "tasks", "messages__files")
    serializer_class = FollowUpSerializer
    filterset_class = FollowUpFilters
    facts = {
        steps.OutOfSight: Fact(400, "out_of_sight", _("The owner may not see this customer.")),
        steps.AlreadyResolved: Fact(409, "already_resolved", _("The follow-up is resolved.")),
        steps.InThePast: Fact(400, "in_the_past", _("Choose a moment that is still to come.")),
        steps.NotInThisState: Fact(
            409, "not_in_this_state", _("The present state of the follow-up does not allow this.")
        ),
        reaching.NobodyToWrite: Fact(409, "nobody_to_write", _("There is no customer to write to.")),
        reaching.AddressStopped: Fact(409, "address_stopped", _("Nobody may write to this address.")),
        reaching.CannotWrite: Fact(409, "not_their_address", _("This is no address of the customer.")),
        steps.ChangedMeanwhile: Fact(409, "changed_meanwhile", _("Somebody changed the follow-up first.")),
    }

    @extend_schema(
        summary="Open one for a customer; what is written joins the open one they have, as a note",
        request=OpenInput,
        responses={201: FollowUpSerializer, 200: FollowUpSerializer},
    )
    def create(self, request: Request) -> Response:
        follow_up, is_new = open_by_hand(by=self.person, at=timezone.now(), **self.taken(OpenInput))
        return self.shown(follow_up, status=201 if is_new else 200)

    @extend_schema(summary="Become its owner", request=TakeInput, responses=FollowUpSerializer)
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: int) -> Response:
        return self.work(steps.take, TakeInput)

    @extend_schema(summary="Write a note", request=NoteInput, responses=FollowUpSerializer)
    @action(detail=True, methods=["post"])
    def note(self, request: Request, pk: int) -> Response:
        return self.work(steps.add_note, NoteInput)

    @extend_schema(
        summary="Record a contact; from the first on the clock runs to the resolution",
        request=ContactInput,
        responses=FollowUpSerializer,
    )
    @action(detail=True, methods=["post"])
    def contact(self, request: Request, pk: int) -> Response:
        return self.work(steps.record_contact, ContactInput)

    @extend_schema(
        summary="Write to the customer by e-mail or SMS; it counts as a contact",
        request=ReplyInput,
        responses=FollowUpSerializer,
    )
    @action(detail=True, methods=["post"])
    def reply(self, request: Request, pk: int) -> Response:
        return self.work(replying.reply_to_customer, ReplyInput)

    @extend_schema(
        summary="Wait for the customer; the clock stands still",
        request=WaitInput,
        responses=FollowUpSerializer,
    )
    @action(detail=True, methods=["post"])
    def wait(self, request: Request, pk: int) -> Response:
        return self.work(steps.wait_for_customer, WaitInput)

    @extend_schema(
        summary="Go on: the customer has done their part", request=ContactInput, responses=FollowUpSerializer
    )
    @action(detail=True, methods=["post"])
    def go_on(self, request: Request, pk: int) -> Response:
        return self.work(steps.go_on, ContactInput)

    @extend_schema(
        summary="Give it another priority, and its clock", request=PriorityInput, responses=FollowUpSerializer
    )
    @action(detail=True, methods=["post"])
    def prioritise(self, request: Request, pk: int) -> Response:
        return self.work(steps.set_priority, PriorityInput)

    @extend_schema(
        summary="Resolve with its root cause and outcome", request=ResolveInput, responses=FollowUpSerializer
    )
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: int) -> Response:
        return self.work(steps.resolve, ResolveInput)

    def work(self, step: Any, given: type[Input]) -> Response:
        follow_up = self.get_object()
        step(follow_up=follow_up, by=self.person, at=timezone.now(), **self.taken(given))
        return self.shown(follow_up)


@extend_schema_view(
    list=extend_schema(summary="Root causes a follow-up can be resolved with"),
    retrieve=extend_schema(summary="One root cause"),
)
class RootCauseViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    read_scope = "follow_ups:read"
    queryset = RootCause.objects.all()
    serializer_class = RootCauseSerializer
