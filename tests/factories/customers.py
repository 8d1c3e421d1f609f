import factory
from factory.django import DjangoModelFactory

from customers.identities import digest_of
from customers.models import Customer, Identity, Persona, Segment
from tests.conftest import NOON


class CustomerFactory(DjangoModelFactory):
    class Meta:
        model = Customer

    first_name = "Amina"
    last_name = factory.Sequence(lambda n: f"Hadžić {n}")
    created_at = NOON
    updated_at = NOON


class IdentityFactory(DjangoModelFactory):
    class Meta:
        model = Identity

    customer = factory.SubFactory(CustomerFactory)
    kind = Identity.Kind.EMAIL
    value = factory.Sequence(lambda n: f"customer{n}@customers.example")
    digest = factory.LazyAttribute(lambda identity: digest_of(identity.value))


class SegmentFactory(DjangoModelFactory):
    class Meta:
        model = Segment

    name = factory.Sequence(lambda n: f"Segment {n}")


class PersonaFactory(DjangoModelFactory):
    class Meta:
        model = Persona

    name = factory.Sequence(lambda n: f"Persona {n}")
    segment = factory.SubFactory(SegmentFactory)
