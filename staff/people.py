"""What members of staff choose for themselves."""

from staff.models import User


def choose_language(*, user: User, language: str) -> None:
    """Show the staff site to `user` in `language` from now on."""
    User.objects.filter(pk=user.pk).update(language=language)
    user.language = language
