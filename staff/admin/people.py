"""Staff pages about us: people, roles, business hours."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from staff.models import Absence, BusinessCalendar, BusinessHours, Holiday, User
from staff.unit_filter import UnitFilter
from staff.views import choose_language_view

admin.site.unregister(Group)


class NewUserForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("username", "email")


class AbsenceInline(TabularInline):
    model = Absence
    extra = 0


@admin.register(User)
class UserAdmin(BaseUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "full_name", "email", "language", "roles", "is_active", "last_login"]
    list_filter = ["is_active", "groups", "teams", UnitFilter, "language"]
    list_filter_submit = True
    search_fields = ["username", "first_name", "last_name", "email"]
    show_full_result_count = False
    readonly_fields = ["last_login", "date_joined"]
    inlines = [AbsenceInline]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email", "language"]}),
        (
            _("What they may do"),
            {
                "fields": ["is_active", "is_staff", "is_superuser", "unit", "groups", "user_permissions"],
                "description": _("“Staff” opens this site; roles say what is seen and done in it."),
            },
        ),
        (_("How they are told"), {"fields": ["mails", "mails_hour", "escalations_at_once"]}),
        (_("Important dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "classes": ["wide"],
                "fields": [
                    "username",
                    "email",
                    "first_name",
                    "last_name",
                    "language",
                    "usable_password",
                    "password1",
                    "password2",
                    "is_staff",
                    "unit",
                    "groups",
                ],
            },
        )
    ]
    filter_horizontal = ["groups", "user_permissions"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people: QuerySet[User] = super().get_queryset(request)
        return people.prefetch_related("groups")

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        return list(super().get_inlines(request, obj)) if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_staff": True, **super().get_changeform_initial_data(request)}

    @display(description=_("name"), ordering="last_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name() or "–"

    @display(description=_("roles"))
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all()) or "–"

    def get_urls(self) -> list[URLPattern]:
        language = self.admin_site.admin_view(choose_language_view)
        return [path("language/", language, name="staff_choose_language"), *super().get_urls()]


@admin.register(Group)
class RoleAdmin(BaseGroupAdmin, ModelAdmin):
    list_display = ["name", "people"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        roles: QuerySet[Group] = super().get_queryset(request)
        return roles.annotate(people_count=Count("user"))

    @display(description=_("people"), ordering="people_count")
    def people(self, role: Group) -> int:
        return int(getattr(role, "people_count", 0))


class BusinessHoursInline(TabularInline):
    model = BusinessHours
    extra = 0


class HolidayInline(TabularInline):
    model = Holiday
    extra = 0


@admin.register(BusinessCalendar)
class BusinessCalendarAdmin(ModelAdmin):
    list_display = ["name", "time_zone", "week"]
    search_fields = ["name"]
    inlines = [BusinessHoursInline, HolidayInline]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[BusinessCalendar]:
        calendars: QuerySet[BusinessCalendar] = super().get_queryset(request)
        return calendars.prefetch_related("hours")

    @display(description=_("opening hours"))
    def week(self, calendar: BusinessCalendar) -> str:
        return ", ".join(str(hours) for hours in calendar.hours.all()) or str(
            _("never open: every hour counts")
        )
