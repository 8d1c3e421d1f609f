"""Which address of the API leads to which room."""

from rest_framework.routers import SimpleRouter

import staff.api.schema  # noqa: F401  describes the key in the OpenAPI document
from followups.api import FollowUpViewSet, RootCauseViewSet

router = SimpleRouter(use_regex_path=False)
router.register("follow-ups", FollowUpViewSet)
router.register("root-causes", RootCauseViewSet)
