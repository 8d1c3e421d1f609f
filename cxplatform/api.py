"""Which address of the API leads to which room."""

from rest_framework.routers import SimpleRouter

import staff.api.schema  # noqa: F401  describes the key in the OpenAPI document
from customers.api import SegmentViewSet
from followups.api import FollowUpViewSet, RootCauseViewSet
from surveys.api import SurveyResponseViewSet, SurveyViewSet

router = SimpleRouter(use_regex_path=False)
router.register("segments", SegmentViewSet)
router.register("surveys", SurveyViewSet)
router.register("responses", SurveyResponseViewSet)
router.register("follow-ups", FollowUpViewSet)
router.register("root-causes", RootCauseViewSet)
