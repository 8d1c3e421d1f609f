"""Which address of the API leads to which room."""

from django.urls import path
from rest_framework.routers import SimpleRouter

import staff.api.schema  # noqa: F401  describes the key in the OpenAPI document
from customers.api.customers import CustomerViewSet, PersonaViewSet
from customers.api.segments import SegmentViewSet
from followups.api.follow_ups import FollowUpViewSet, RootCauseViewSet
from followups.api.improvements import ImprovementViewSet
from journeys.api import InteractionViewSet, TouchpointViewSet
from loyalty.api import AccountViewSet, EntryViewSet, ProgramViewSet, RewardViewSet
from surveys.api.campaigns import CampaignViewSet
from surveys.api.invitations import CampaignInvitationsViewSet, CustomerInvitationsViewSet
from surveys.api.surveys import SurveyResponseViewSet, SurveyViewSet

router = SimpleRouter(use_regex_path=False)
router.register("customers", CustomerViewSet)
router.register("segments", SegmentViewSet)
router.register("personas", PersonaViewSet)
router.register("touchpoints", TouchpointViewSet)
router.register("interactions", InteractionViewSet)
router.register("surveys", SurveyViewSet)
router.register("campaigns", CampaignViewSet)
router.register("responses", SurveyResponseViewSet)
router.register("follow-ups", FollowUpViewSet)
router.register("root-causes", RootCauseViewSet)
router.register("improvements", ImprovementViewSet)
router.register("programs", ProgramViewSet)
router.register("rewards", RewardViewSet)
router.register("accounts", AccountViewSet)
router.register("entries", EntryViewSet)

urls = [
    path(
        "customers/<int:pk>/invitations/",
        CustomerInvitationsViewSet.as_view({"get": "list"}),
        name="customer-invitations",
    ),
    path(
        "campaigns/<int:pk>/invitations/",
        CampaignInvitationsViewSet.as_view({"post": "create"}),
        name="campaign-invitations",
    ),
    *router.urls,
]
