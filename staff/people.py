"""What members of staff choose for themselves."""

from staff.models import User


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
