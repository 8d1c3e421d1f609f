"""What customers were sent and why not, and asking one of them, by programs."""

import uuid
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import Customer
from staff.access import visible
from staff.api.errors import Fact
from staff.api.views import ApiViewSet, Input, VisibleKey
from surveys.ledger.fates import why
from surveys.models import Campaign, Invitation
from surveys.planning.occasions import NotAskedOneByOne, Occasion, invite_one

MOST_FACTS, LONGEST_FACT = 20, 200
BY_API = "api:"


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    campaign = serializers.IntegerField(source="wave.campaign_id", read_only=True)
    why = serializers.SerializerMethodField(
        help_text="The reason in words; empty when there is nothing to explain."
    )
    context = serializers.DictField(read_only=True)  # type: ignore[assignment]  # a serializer's own word

    class Meta:
        model = Invitation
        fields = read_only_fields = (
            "id",
            "campaign",
            "customer",
            "state",
            "reason",
            "why",
            "channel",
            "due_at",
            "sent_at",
            "delivered_at",
            "opened_at",
            "clicked_at",
            "answered_at",
            "reminders_sent",
            "error",
            "context",
        )

    def get_why(self, invitation: Invitation) -> str:
        return why(invitation)


class FactsInput(serializers.DictField):
    """What the occasion is about, such as {“agent”: “Ana”, “order”: “A-17”}."""

    child = serializers.CharField(max_length=LONGEST_FACT)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        facts: dict[str, str] = super().to_internal_value(data)
        if len(facts) > MOST_FACTS:
            raise serializers.ValidationError(_("At most twenty facts."))
        return facts


class InvitationInput(Input):
    customer = VisibleKey(queryset=Customer.objects.all())
    occasion = serializers.RegexField(
        r"\A[\x21-\x7e]{1,90}\Z",
        required=False,
        help_text="Your own number of what happened. Told again, it asks nobody a second time.",
    )
    context = FactsInput(  # type: ignore[assignment]  # a serializer's own word, which the API says otherwise
        required=False, help_text="What it is about: the message and the survey may say {agent} and {order}."
    )


@extend_schema_view(
    list=extend_schema(summary="What a customer was sent, will be sent and was not, newest first")
)
class CustomerInvitationsViewSet(ListModelMixin, ApiViewSet):
    read_scope = "invitations:read"
    queryset = Invitation.objects.filter(is_test=False).select_related("wave__campaign", "cap")
    serializer_class = InvitationSerializer
    filterset_class = None

    def get_queryset(self) -> QuerySet[Invitation]:
        customer = get_object_or_404(visible(Customer.objects.all(), self.request.user), pk=self.kwargs["pk"])
        return super().get_queryset().filter(customer=customer)


class CampaignInvitationsViewSet(ApiViewSet):
    write_scope = "invitations:write"
    queryset = Campaign.objects.all()
    serializer_class = InvitationSerializer
    facts = {
        NotAskedOneByOne: Fact(
            409, "not_asked_one_by_one", _("This campaign does not wait for programs, or does not send now.")
        )
    }

    @extend_schema(
        summary="Ask one customer, as far as the contact policy lets us; the answer is the verdict",
        request=InvitationInput,
        responses={201: InvitationSerializer, 200: InvitationSerializer},
    )
    def create(self, request: Request, pk: int) -> Response:
        campaign, at = self.get_object(), timezone.now()
        given = self.taken(InvitationInput)
        occasion = Occasion(
            customer=given["customer"].pk,
            key=BY_API + (given.get("occasion") or uuid.uuid4().hex),
            at=at,
            context=given.get("context", {}),
        )
        row, is_new = invite_one(campaign=campaign, occasion=occasion, at=at)
        return Response(self.get_serializer(row).data, status=201 if is_new else 200)
