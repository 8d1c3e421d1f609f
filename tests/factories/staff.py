from datetime import time
from functools import cache

import factory
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from factory.django import DjangoModelFactory

from staff.models import BusinessCalendar, BusinessHours, Team, User

PASSWORD = "a-long-and-quiet-password"  # of every factory user
MONDAY_TO_FRIDAY = range(5)


@cache
def hashed_password() -> str:
    """Hashing takes a quarter of a second: once a run is enough."""
    return make_password(PASSWORD)


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"colleague{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@meridian.example")
    first_name = "Amra"
    last_name = factory.Sequence(lambda n: f"Kovač {n}")
    password = factory.LazyFunction(hashed_password)
    is_staff = True

    @factory.post_generation
    def roles(self, create, names, **kwargs):
        """`UserFactory(roles=["Support"])`."""
        if names:
            self.groups.set([Group.objects.get(name=name) for name in names])


class BusinessCalendarFactory(DjangoModelFactory[BusinessCalendar]):
    """Monday to Friday, 9 to 17 in Sarajevo; `BusinessCalendarFactory(weekdays=[])` never opens."""

    class Meta:
        model = BusinessCalendar
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Office hours {n}")
    time_zone = "Europe/Sarajevo"

    @factory.post_generation
    def weekdays(self, create, weekdays, **kwargs):
        BusinessHours.objects.bulk_create(
            BusinessHours(calendar=self, weekday=weekday, opens=time(9), closes=time(17))
            for weekday in (MONDAY_TO_FRIDAY if weekdays is None else weekdays)
        )


class TeamFactory(DjangoModelFactory[Team]):
    """`TeamFactory(members=[amra, boris])`."""

    class Meta:
        model = Team
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Team {n}")
    calendar = factory.SubFactory(BusinessCalendarFactory)

    @factory.post_generation
    def members(self, create, members, **kwargs):
        if members:
            self.members.set(members)
