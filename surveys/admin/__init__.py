"""Staff pages about what we ask and what came back."""

from surveys.admin import (
    campaigns,
    imports,
    invitations,
    limits,
    links,
    policy,
    responses,
    senders,
    surveys,
    themes,
    topics,
)

__all__ = [
    "campaigns",
    "imports",
    "invitations",
    "limits",
    "links",
    "policy",
    "responses",
    "senders",
    "surveys",
    "themes",
    "topics",
]
