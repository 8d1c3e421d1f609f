"""What an API key may do, and the permission a member of staff needs for the same."""

from django.utils.translation import gettext_lazy as _

from staff.api.scopes import Scope

SCOPES = {
    "customers:read": Scope(_("See customers"), "customers.view_customer"),
    "customers:write": Scope(_("Add and change customers and their consent"), "customers.change_customer"),
    "segments:read": Scope(_("See segments and count them"), "customers.view_segment"),
    "segments:write": Scope(_("Add, change and delete segments"), "customers.change_segment"),
    "interactions:read": Scope(_("See interactions"), "journeys.view_interaction"),
    "interactions:write": Scope(_("Record interactions"), "journeys.add_interaction"),
    "surveys:read": Scope(_("See surveys"), "surveys.view_survey"),
    "campaigns:read": Scope(_("See campaigns"), "surveys.view_campaign"),
    "campaigns:write": Scope(_("Add and change campaigns that are drafts"), "surveys.change_campaign"),
    "campaigns:launch": Scope(_("Launch, pause, resume and cancel campaigns"), "surveys.launch_campaign"),
    "invitations:read": Scope(_("See what customers were sent and why not"), "surveys.view_invitation"),
    "invitations:write": Scope(
        _("Ask single customers by campaigns that wait for programs"), "surveys.change_campaign"
    ),
    "responses:read": Scope(_("See responses"), "surveys.view_surveyresponse"),
    "responses:write": Scope(_("Record responses"), "surveys.add_surveyresponse"),
    "follow_ups:read": Scope(_("See follow-ups"), "followups.view_followup"),
    "follow_ups:write": Scope(_("Work on follow-ups"), "followups.change_followup"),
    "improvements:read": Scope(_("See improvements"), "followups.view_improvement"),
    "improvements:write": Scope(_("Link follow-ups to improvements"), "followups.change_improvement"),
    "loyalty:read": Scope(_("See accounts and entries"), "loyalty.view_account"),
    "loyalty:write": Scope(_("Post to accounts"), "loyalty.add_entry"),
}
