from collections.abc import Callable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import Customer
from loyalty import ledger
from loyalty.filters import AccountFilters, EntryFilters, RewardFilters
from loyalty.models import Account, Entry, Program, Reward
from loyalty.posting import NotEnoughPoints
from staff.api.errors import Fact
from staff.api.views import ApiViewSet, Input, VisibleKey

OWN_SOURCES = "api:"  # a caller's source never meets one of the platform's

FACTS = {
    ledger.PointsAlreadySpent: Fact(409, "points_already_spent", _("The points of this entry were spent.")),
    NotEnoughPoints: Fact(409, "not_enough_points", _("The account has not enough points.")),
    ledger.AlreadyReversed: Fact(409, "already_reversed", _("The entry was reversed before.")),
    ledger.SourceTaken: Fact(409, "source_taken", _("The source was used for another entry.")),
    ledger.NotReversible: Fact(409, "not_reversible", _("A reversal is not reversed.")),
    ledger.RewardNotOffered: Fact(409, "reward_not_offered", _("The reward is not offered to this account.")),
}


class ProgramSerializer(serializers.ModelSerializer[Program]):
    class Meta:
        model = Program
        fields = read_only_fields = ("id", "name", "point_name", "is_active")


class RewardSerializer(serializers.ModelSerializer[Reward]):
    class Meta:
        model = Reward
        fields = read_only_fields = ("id", "program", "name", "description", "points", "is_active")


class AccountSerializer(serializers.ModelSerializer[Account]):
    class Meta:
        model = Account
        fields = read_only_fields = ("id", "program", "customer", "balance", "joined_at")


class EntrySerializer(serializers.ModelSerializer[Entry]):
    class Meta:
        model = Entry
        fields = read_only_fields = (
            "id",
            "account",
            "kind",
            "points",
            "source",
            "reverses",
            "reward",
            "note",
            "at",
        )


class EnrolInput(Input):
    program = serializers.PrimaryKeyRelatedField(queryset=Program.objects.all())
    customer = VisibleKey(queryset=Customer.objects.all())


class PostInput(Input):
    source: Any = serializers.CharField(
        max_length=100,
        help_text="What the points are for, such as “order-17”: the same source again changes nothing.",
    )
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)

    def validate_source(self, source: str) -> str:
        return OWN_SOURCES + source


class EarnInput(PostInput):
    points = serializers.IntegerField(min_value=1, max_value=ledger.MOST_POINTS)


class RedeemInput(PostInput):
    points = serializers.IntegerField(min_value=1, max_value=ledger.MOST_POINTS, required=False)
    reward = serializers.PrimaryKeyRelatedField(queryset=Reward.objects.all(), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("points" in attrs) == ("reward" in attrs):
            raise ValidationError({"points": [_("Give either points or a reward.")]})
        if "reward" in attrs and "note" in attrs:
            raise ValidationError({"note": [_("A reward is noted by its name.")]})
        return attrs


class AdjustInput(PostInput):
    points = serializers.IntegerField(
        min_value=-ledger.MOST_POINTS, max_value=ledger.MOST_POINTS, help_text="Below zero to take away."
    )
    note = serializers.CharField(max_length=300, help_text="Why.")

    def validate_points(self, points: int) -> int:
        if not points:
            raise ValidationError(_("An entry moves points."))
        return points


@extend_schema_view(list=extend_schema(summary="Programs"), retrieve=extend_schema(summary="One program"))
class ProgramViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    read_scope = "loyalty:read"
    queryset = Program.objects.all()
    serializer_class = ProgramSerializer


@extend_schema_view(list=extend_schema(summary="Rewards"), retrieve=extend_schema(summary="One reward"))
class RewardViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    read_scope = "loyalty:read"
    queryset = Reward.objects.all()
    serializer_class = RewardSerializer
    filterset_class = RewardFilters


def redeem(**given: Any) -> Entry:
    return (ledger.redeem_reward if "reward" in given else ledger.redeem_points)(**given)


@extend_schema_view(
    list=extend_schema(summary="Accounts, newest first"), retrieve=extend_schema(summary="One account")
)
class AccountViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    read_scope = "loyalty:read"
    write_scope = "loyalty:write"
    queryset = Account.objects.all()
    serializer_class = AccountSerializer
    filterset_class = AccountFilters
    facts = FACTS

    @extend_schema(
        summary="Make a customer a member; a member stays what they are",
        request=EnrolInput,
        responses={201: AccountSerializer},
    )
    def create(self, request: Request) -> Response:
        return self.shown(ledger.enrol(at=timezone.now(), **self.taken(EnrolInput)), status=201)

    @extend_schema(summary="Credit points", request=EarnInput, responses={201: EntrySerializer})
    @action(detail=True, methods=["post"])
    def earn(self, request: Request, pk: int) -> Response:
        return self.posted(ledger.earn_points, EarnInput)

    @extend_schema(
        summary="Take points, or give a reward for them",
        request=RedeemInput,
        responses={201: EntrySerializer},
    )
    @action(detail=True, methods=["post"])
    def redeem(self, request: Request, pk: int) -> Response:
        return self.posted(redeem, RedeemInput)

    @extend_schema(
        summary="Put a balance right, saying why", request=AdjustInput, responses={201: EntrySerializer}
    )
    @action(detail=True, methods=["post"])
    def adjust(self, request: Request, pk: int) -> Response:
        return self.posted(ledger.adjust_points, AdjustInput)

    def posted(self, post: Callable[..., Entry], given: type[Input]) -> Response:
        entry = post(account=self.get_object(), at=timezone.now(), **self.taken(given))
        return Response(EntrySerializer(entry).data, status=201)


@extend_schema_view(
    list=extend_schema(summary="Entries of the ledger, newest first"),
    retrieve=extend_schema(summary="One entry"),
)
class EntryViewSet(ListModelMixin, RetrieveModelMixin, ApiViewSet):
    read_scope = "loyalty:read"
    write_scope = "loyalty:write"
    queryset = Entry.objects.all()
    serializer_class = EntrySerializer
    filterset_class = EntryFilters
    facts = FACTS

    @extend_schema(
        summary="Undo an entry exactly, and once", request=PostInput, responses={201: EntrySerializer}
    )
    @action(detail=True, methods=["post"])
    def reverse(self, request: Request, pk: int) -> Response:
        entry = ledger.reverse_entry(entry=self.get_object(), at=timezone.now(), **self.taken(PostInput))
        return Response(EntrySerializer(entry).data, status=201)
