"""Which address of the API leads to which room."""

from rest_framework.routers import SimpleRouter

import staff.api.schema  # noqa: F401  describes the key in the OpenAPI document
from customers.api import CustomerViewSet, PersonaViewSet
from customers.segments_api import SegmentViewSet
from followups.api import FollowUpViewSet, RootCauseViewSet
from journeys.api import InteractionViewSet, TouchpointViewSet
from loyalty.api import AccountViewSet, EntryViewSet, ProgramViewSet, RewardViewSet
from surveys.api import CampaignViewSet, SurveyResponseViewSet, SurveyViewSet

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
router.register("programs", ProgramViewSet)
router.register("rewards", RewardViewSet)
router.register("accounts", AccountViewSet)
router.register("entries", EntryViewSet)
