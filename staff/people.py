"""Members of staff: who works in a team, and what each chooses for themselves."""

from django.db.models import Q, QuerySet

from staff.models import User


def people_in_teams() -> QuerySet[User]:
    """Members and leads of teams who still work here, by name."""
    in_a_team = Q(teams__isnull=False) | Q(led_teams__isnull=False)
    return User.objects.filter(in_a_team, is_active=True).order_by("first_name", "last_name").distinct()


def choose_language(*, user: User, language: str) -> None:
    """Show the staff site to `user` in `language` from now on."""
    User.objects.filter(pk=user.pk).update(language=language)
    user.language = language


def choose_mails(*, user: User, mails: str, hour: int, escalations_at_once: bool) -> None:
    """Send `user` mails about follow-ups each at once, once a day at `hour`, or not at all."""
    chosen = {"mails": User.Mails(mails), "mails_hour": hour, "escalations_at_once": escalations_at_once}
    User.objects.filter(pk=user.pk).update(**chosen)
    for name, value in chosen.items():
        setattr(user, name, value)
