"""What staff/access.py limits staff by who see only a unit: the ways from each model of customers' data to the units it
belongs to, and the permissions they never have."""

LOOKUPS: dict[str, tuple[str, ...]] = {
    "staff.Unit": ("pk",),
    "customers.Customer": ("unit",),
    "customers.Identity": ("customer__unit",),
    "customers.SegmentMember": ("customer__unit",),
    "customers.Consent": ("customer__unit",),
    "customers.Merge": ("kept__unit", "merged__unit"),
    "customers.SuggestedDuplicate": ("first__unit", "second__unit"),
    "customers.CustomerImport": ("created_by__unit",),
    "customers.RefusedRow": ("customer_import__created_by__unit",),
    "journeys.Interaction": ("customer__unit",),
    "surveys.SurveyLink": ("unit",),
    "surveys.Invitation": ("customer__unit",),
    "surveys.SurveyResponse": ("customer__unit",),
    "surveys.Interview": ("survey_response__customer__unit",),
    "surveys.Answer": ("survey_response__customer__unit",),
    "surveys.CommentTopic": ("survey_response__customer__unit",),
    "surveys.ResponseImport": ("created_by__unit",),
    "surveys.RefusedLine": ("response_import__created_by__unit",),
    "surveys.StartedResponse": ("invitation__customer__unit",),
    "surveys.Upload": ("survey_response__customer__unit",),
    "followups.FollowUp": ("customer__unit",),
    "followups.FollowUpStep": ("follow_up__customer__unit",),
    "followups.FollowUpLeg": ("follow_up__customer__unit",),
    "followups.FollowUpVisit": ("follow_up__customer__unit",),
    "followups.JoinedSignal": ("follow_up__customer__unit",),
    "followups.DigestEntry": ("follow_up__customer__unit",),
    "followups.FollowUpTask": ("follow_up__customer__unit",),
    "followups.Goodwill": ("follow_up__customer__unit",),
    "followups.NotCalled": ("customer__unit",),
    "followups.Improvement": ("unit",),
    "followups.ImprovementVoice": ("improvement__unit",),
    "followups.ImprovementStep": ("improvement__unit",),
    "followups.Message": ("follow_up__customer__unit",),
    "followups.MessageFile": ("message__follow_up__customer__unit",),
    "loyalty.Account": ("customer__unit",),
    "loyalty.Entry": ("account__customer__unit",),
}

WITHHELD: tuple[str, ...] = (
    "mail.*",  # the outbox knows addresses, not whose they are
    "events.*",  # the log knows numbers of every kind
    "staff.*_staffmail",  # what others were told about their customers
    "staff.*_chatmessage",
    "staff.*_apikey",  # a key sees what its user sees: another's would see more
    "staff.add_user",  # and who may change users could lift their own limit
    "staff.change_user",
    "staff.delete_user",
    "auth.*",
    "followups.add_replytemplate",  # templates speak to everybody's customers
    "followups.change_replytemplate",
    "followups.delete_replytemplate",
    "surveys.launch_campaign",  # it asks everybody in its segment
    "surveys.change_contactrules",  # the policy holds for everybody's customers
    "surveys.*_contactcap",
    "surveys.*_sendinglimit",
    "followups.add_tellingcampaign",  # by it customers of everybody are told
    "followups.change_tellingcampaign",
    "followups.delete_tellingcampaign",
    "surveys.add_topic",  # topics are found in everybody's comments
    "surveys.change_topic",
    "surveys.delete_topic",
)
