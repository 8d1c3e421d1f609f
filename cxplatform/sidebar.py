"""The places of the staff site, in the order of a day: what each role is offered follows from its permissions."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Page:
    """A place in the sidebar; `permission` decides who is offered it (None: everybody on the staff)."""

    title: Promise
    icon: str
    url_name: str
    permission: str | None = None
    count: Callable[[HttpRequest], int] | None = None
    around: str | None = None  # the list below whose address this page's own records are found


def count_overdue(request: HttpRequest) -> int:
    """How many of this person's follow-ups are overdue."""
    from followups.models import FollowUp  # noqa: PLC0415  settings read this file, by way of navigation, before there are models

    return FollowUp.objects.overdue(timezone.now()).filter(owner=request.user.pk).count()


SIDEBAR: tuple[tuple[Promise | None, tuple[Page, ...]], ...] = (
    (
        None,
        (
            Page(_("Overview"), "monitoring", "admin:index"),
            Page(_("Closing the loop"), "cycle", "insights-loop", "followups.view_followup"),
            Page(_("Coaching"), "sentiment_satisfied", "insights-coaching", "followups.view_followup"),
        ),
    ),
    (
        _("Customers"),
        (
            Page(_("Customers"), "group", "admin:customers_customer_changelist", "customers.view_customer"),
            Page(_("Segments"), "filter_alt", "admin:customers_segment_changelist", "customers.view_segment"),
            Page(_("Personas"), "face", "admin:customers_persona_changelist", "customers.view_persona"),
            Page(
                _("Imports"),
                "upload_file",
                "admin:customers_customerimport_changelist",
                "customers.view_customerimport",
            ),
            Page(
                _("Duplicates"),
                "group_remove",
                "admin:customers_suggestedduplicate_changelist",
                "customers.merge_customer",
            ),
            Page(
                _("Identity conflicts"),
                "call_merge",
                "admin:customers_identityconflict_changelist",
                "customers.merge_customer",
            ),
            Page(_("Merges"), "merge", "admin:customers_merge_changelist", "customers.merge_customer"),
            Page(
                _("Do not contact"),
                "do_not_disturb_on",
                "admin:customers_suppression_changelist",
                "customers.view_suppression",
            ),
        ),
    ),
    (
        _("Feedback"),
        (
            Page(_("Surveys"), "quiz", "admin:surveys_survey_changelist", "surveys.view_survey"),
            Page(
                _("Ways to ask"),
                "qr_code_2",
                "admin:surveys_surveylink_changelist",
                "surveys.view_surveylink",
            ),
            Page(_("Themes"), "palette", "admin:surveys_theme_changelist", "surveys.view_theme"),
            Page(_("Campaigns"), "campaign", "admin:surveys_campaign_changelist", "surveys.view_campaign"),
            Page(
                _("Calendar of campaigns"),
                "calendar_view_week",
                "admin:surveys_campaign_calendar",
                "surveys.view_campaign",
            ),
            Page(
                _("Contact policy"),
                "do_not_disturb_off",
                "admin:surveys_contact_policy",
                "surveys.view_contactrules",
                around="admin:surveys_contactcap_changelist",
            ),
            Page(
                _("Speed limits"),
                "speed",
                "admin:surveys_sendinglimit_changelist",
                "surveys.view_sendinglimit",
            ),
            Page(_("Senders"), "alternate_email", "admin:surveys_sender_changelist", "surveys.change_sender"),
            Page(
                _("Responses"),
                "reviews",
                "admin:surveys_surveyresponse_changelist",
                "surveys.view_surveyresponse",
            ),
            Page(_("Topics"), "sell", "admin:surveys_topic_changelist", "surveys.view_topic"),
            Page(
                _("Imported answers"),
                "move_to_inbox",
                "admin:surveys_responseimport_changelist",
                "surveys.view_responseimport",
            ),
            Page(
                _("Send ledger"),
                "outgoing_mail",
                "admin:surveys_invitation_changelist",
                "surveys.view_invitation",
            ),
        ),
    ),
    (
        _("Follow-ups"),
        (
            Page(
                _("Inbox"),
                "inbox",
                "admin:followups_inbox",
                "followups.view_followup",
                count=count_overdue,
                around="admin:followups_followup_changelist",
            ),
            Page(
                _("Improvements"),
                "trending_up",
                "admin:followups_improvements",
                "followups.view_improvement",
                around="admin:followups_improvement_changelist",
            ),
            Page(
                _("Messages"),
                "mark_chat_read",
                "admin:followups_message_changelist",
                "followups.view_message",
            ),
            Page(
                _("Not called"),
                "phone_disabled",
                "admin:followups_notcalled_changelist",
                "followups.view_notcalled",
            ),
        ),
    ),
    (
        _("How the loop is closed"),
        (
            Page(
                _("Rules"), "rule", "admin:followups_followuprule_changelist", "followups.change_followuprule"
            ),
            Page(
                _("Service levels"),
                "timer",
                "admin:followups_servicelevel_changelist",
                "followups.change_servicelevel",
            ),
            Page(
                _("Root causes"),
                "account_tree",
                "admin:followups_rootcause_changelist",
                "followups.change_rootcause",
            ),
            Page(
                _("Playbooks"),
                "checklist",
                "admin:followups_playbook_changelist",
                "followups.change_playbook",
            ),
            Page(
                _("Reply templates"),
                "quickreply",
                "admin:followups_replytemplate_changelist",
                "followups.view_replytemplate",
            ),
            Page(
                _("Goodwill limits"),
                "volunteer_activism",
                "admin:followups_goodwilllimit_changelist",
                "followups.change_goodwilllimit",
            ),
            Page(
                _("Was it solved?"),
                "published_with_changes",
                "admin:followups_loop_settings",
                "followups.change_loopsettings",
                around="admin:followups_loopsettings_changelist",
            ),
            Page(
                _("Telling customers"),
                "record_voice_over",
                "admin:followups_tellingcampaign_changelist",
                "followups.change_tellingcampaign",
            ),
        ),
    ),
    (
        _("Journeys"),
        (
            Page(
                _("Journey maps"), "route", "admin:journeys_journeymap_changelist", "journeys.view_journeymap"
            ),
            Page(
                _("Touchpoints"),
                "touch_app",
                "admin:journeys_touchpoint_changelist",
                "journeys.view_touchpoint",
            ),
            Page(
                _("Interactions"),
                "forum",
                "admin:journeys_interaction_changelist",
                "journeys.view_interaction",
            ),
        ),
    ),
    (
        _("Loyalty"),
        (
            Page(_("Members"), "card_membership", "admin:loyalty_account_changelist", "loyalty.view_account"),
            Page(_("Programs"), "loyalty", "admin:loyalty_program_changelist", "loyalty.view_program"),
            Page(_("Rewards"), "redeem", "admin:loyalty_reward_changelist", "loyalty.view_reward"),
        ),
    ),
    (
        _("Settings"),
        (
            Page(_("Channels"), "alt_route", "admin:mail_channels", "mail.view_keptmail"),
            Page(_("Outbox"), "outbox", "admin:mail_keptmail_changelist", "mail.view_keptmail"),
            Page(
                _("Delivery reports"),
                "mark_email_read",
                "admin:mail_deliveryreport_changelist",
                "mail.view_deliveryreport",
            ),
            Page(
                _("Received mails"),
                "mail",
                "admin:mail_receivedletter_changelist",
                "mail.view_receivedletter",
            ),
            Page(_("Users"), "badge", "admin:staff_user_changelist", "staff.view_user"),
            Page(_("Roles"), "admin_panel_settings", "admin:auth_group_changelist", "auth.view_group"),
            Page(_("Teams"), "groups", "admin:staff_team_changelist", "staff.view_team"),
            Page(_("Units"), "lan", "admin:staff_unit_changelist", "staff.view_unit"),
            Page(
                _("Business calendars"),
                "calendar_month",
                "admin:staff_businesscalendar_changelist",
                "staff.view_businesscalendar",
            ),
            Page(
                _("Mails to staff"),
                "mark_email_unread",
                "admin:staff_staffmail_changelist",
                "staff.view_staffmail",
            ),
            Page(
                _("Chat messages"),
                "forward_to_inbox",
                "admin:staff_chatmessage_changelist",
                "staff.view_chatmessage",
            ),
            Page(_("Audit trail"), "policy", "admin:staff_auditentry_changelist", "staff.view_auditentry"),
            Page(
                _("Erasures"),
                "person_remove",
                "admin:customers_erasure_changelist",
                "customers.erase_customer",
            ),
            Page(
                _("Retention"),
                "auto_delete",
                "admin:customers_retentionrule_changelist",
                "customers.erase_customer",
            ),
            Page(_("API keys"), "key", "admin:staff_apikey_changelist", "staff.view_apikey"),
            Page(_("API documentation"), "menu_book", "api-docs", "staff.view_apikey"),
            Page(_("Events"), "bolt", "admin:events_event_changelist", "events.view_event"),
            Page(
                _("Failed reactions"),
                "running_with_errors",
                "admin:events_reactionretry_changelist",
                "events.view_reactionretry",
            ),
        ),
    ),
)
