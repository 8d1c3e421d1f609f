"""The ways from each model of customers' data to the units it belongs to; staff/access.py limits what staff see by it."""

LOOKUPS: dict[str, tuple[str, ...]] = {
    "staff.Unit": ("pk",),
    "customers.Customer": ("unit",),
    "customers.Identity": ("customer__unit",),
    "customers.Consent": ("customer__unit",),
    "customers.Merge": ("kept__unit", "merged__unit"),
    "customers.SuggestedDuplicate": ("first__unit", "second__unit"),
    "customers.CustomerImport": ("created_by__unit",),
    "customers.RefusedRow": ("customer_import__created_by__unit",),
    "journeys.Interaction": ("customer__unit",),
    "surveys.Invitation": ("customer__unit",),
    "surveys.SurveyResponse": ("customer__unit",),
    "surveys.Answer": ("survey_response__customer__unit",),
    "followups.FollowUp": ("customer__unit",),
    "followups.FollowUpStep": ("follow_up__customer__unit",),
    "loyalty.Account": ("customer__unit",),
    "loyalty.Entry": ("account__customer__unit",),
}
