"""Roles are Django groups: who may do what, as patterns over “app_label.codename”."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from django.apps import apps as installed_apps
from django.apps.registry import Apps

ADMINISTRATORS = "Administrators"
MARKETING = "Marketing"
MARKETING_LEAD = "Marketing lead"
SUPPORT = "Support"
ANALYSTS = "Analysts"
LOYALTY = "Loyalty"

ASKS = (
    "customers.view_*",
    "customers.*_segment",
    "customers.*_persona",
    "customers.*_customerimport",
    "customers.add_customer",
    "customers.change_customer",
    "customers.*_identity",
    "customers.*_consent",
    "customers.add_suppression",
    "journeys.view_*",
    "surveys.view_*",
    "surveys.*_survey",
    "surveys.*_question",
    "surveys.*_theme",
    "surveys.*_surveylink",
    "surveys.*_campaign",
    "surveys.*_responseimport",
    "surveys.*_topic",
    "insights.view_*",
)
ROLES: Mapping[str, tuple[str, ...]] = {
    ADMINISTRATORS: ("*",),
    MARKETING: ASKS,
    MARKETING_LEAD: (
        *ASKS,
        "surveys.*_contactcap",
        "surveys.change_contactrules",
        "surveys.*_sendinglimit",
        "surveys.*_sender",
        "followups.view_improvement",
        "followups.add_improvement",
        "followups.change_improvement",
        "followups.*_tellingcampaign",
    ),
    SUPPORT: (
        "customers.view_customer",
        "customers.merge_customer",
        "customers.export_customer",
        "customers.view_identity",
        "customers.view_consent",
        "customers.view_persona",
        "journeys.view_interaction",
        "journeys.add_interaction",
        "journeys.view_touchpoint",
        "surveys.view_surveyresponse",
        "surveys.view_answer",
        "surveys.view_topic",
        "surveys.add_surveyresponse",
        "surveys.add_invitation",
        "followups.view_*",
        "followups.change_followup",
        "followups.add_followupstep",
        "followups.add_improvement",
        "followups.change_improvement",
    ),
    ANALYSTS: (
        "customers.view_*",
        "journeys.view_*",
        "surveys.view_*",
        "loyalty.view_*",
        "followups.view_*",
        "insights.view_*",
    ),
    LOYALTY: (
        "customers.view_customer",
        "customers.view_identity",
        "customers.view_persona",
        "journeys.view_interaction",
        "loyalty.*",
    ),
}


def ensure_roles(*, apps: Apps = installed_apps) -> None:
    """Create the roles and give each the permissions it lacks; running it again changes nothing."""
    group_model = apps.get_model("auth", "Group")
    permissions = {
        f"{label}.{codename}": pk
        for pk, label, codename in apps.get_model("auth", "Permission").objects.values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    for name, patterns in ROLES.items():
        group, _ = group_model.objects.get_or_create(name=name)
        group.permissions.add(
            *(pk for full_name, pk in permissions.items() if is_granted(full_name, patterns))
        )


def is_granted(full_name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(full_name, pattern) for pattern in patterns)
