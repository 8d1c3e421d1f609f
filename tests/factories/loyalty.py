import factory
from factory.django import DjangoModelFactory

from loyalty.models import Account, EarnRule, Entry, Program, Reward
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory


class ProgramFactory(DjangoModelFactory[Program]):
    """An active program without rules."""

    class Meta:
        model = Program

    name = factory.Sequence(lambda n: f"Program {n}")


class EarnRuleFactory(DjangoModelFactory[EarnRule]):
    """Fifty points for answering a survey."""

    class Meta:
        model = EarnRule

    program = factory.SubFactory(ProgramFactory)
    trigger = EarnRule.Trigger.SURVEY_ANSWERED
    points = 50


class RewardFactory(DjangoModelFactory[Reward]):
    class Meta:
        model = Reward

    program = factory.SubFactory(ProgramFactory)
    name = factory.Sequence(lambda n: f"Reward {n}")
    points = 100


class AccountFactory(DjangoModelFactory[Account]):
    """Joined at NOON; points given as `balance` were earned then."""

    class Meta:
        model = Account
        skip_postgeneration_save = True

    program = factory.SubFactory(ProgramFactory)
    customer = factory.SubFactory(CustomerFactory)
    joined_at = NOON

    @factory.post_generation
    def first_entry(self, create, extracted, **kwargs):
        if self.balance:
            Entry.objects.create(
                account=self, kind=Entry.Kind.EARNED, points=self.balance, source="opening", at=NOON
            )
