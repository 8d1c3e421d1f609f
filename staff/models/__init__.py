from staff.models.calendars import BusinessCalendar, BusinessHours, Holiday, validate_time_zone
from staff.models.messages import LONGEST_LINE, ChatMessage, Notification, NotificationQuerySet, StaffMail
from staff.models.people import Absence, Team, User, validate_web_address
from staff.models.records import ApiKey, ApiKeyQuerySet, AuditEntry, IdempotencyRecord
from staff.models.units import Unit

__all__ = [
    "LONGEST_LINE",
    "Absence",
    "ApiKey",
    "ApiKeyQuerySet",
    "AuditEntry",
    "BusinessCalendar",
    "BusinessHours",
    "ChatMessage",
    "Holiday",
    "IdempotencyRecord",
    "Notification",
    "NotificationQuerySet",
    "StaffMail",
    "Team",
    "Unit",
    "User",
    "validate_time_zone",
    "validate_web_address",
]
