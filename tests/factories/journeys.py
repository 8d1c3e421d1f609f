import factory
from factory.django import DjangoModelFactory

from journeys.models import Interaction, JourneyMap, Stage, StageTouchpoint, Touchpoint
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory


class TouchpointFactory(DjangoModelFactory[Touchpoint]):
    class Meta:
        model = Touchpoint

    name = factory.Sequence(lambda n: f"Touchpoint {n}")
    slug = factory.Sequence(lambda n: f"touchpoint-{n}")


class JourneyMapFactory(DjangoModelFactory[JourneyMap]):
    class Meta:
        model = JourneyMap

    name = factory.Sequence(lambda n: f"Journey {n}")


class StageFactory(DjangoModelFactory[Stage]):
    class Meta:
        model = Stage

    journey_map = factory.SubFactory(JourneyMapFactory)
    position = factory.Sequence(lambda n: n % 1000 + 1)
    name = factory.Sequence(lambda n: f"Stage {n}")


class StageTouchpointFactory(DjangoModelFactory[StageTouchpoint]):
    class Meta:
        model = StageTouchpoint

    stage = factory.SubFactory(StageFactory)
    touchpoint = factory.SubFactory(TouchpointFactory)


class InteractionFactory(DjangoModelFactory[Interaction]):
    """A call at NOON, without a touchpoint."""

    class Meta:
        model = Interaction

    customer = factory.SubFactory(CustomerFactory)
    kind = Interaction.Kind.CALL
    source = "telephone"
    external_id = factory.Sequence(str)
    at = NOON
