"""Staff pages about the loyalty program: its rules and rewards, and its members."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from loyalty.ledger import enrol
from loyalty.models import Account, EarnRule, Program, Reward
from loyalty.views import AccountView
from staff.limited import LimitedAdmin


class EarnRuleInline(TabularInline):
    model = EarnRule
    extra = 0


class RewardInline(TabularInline):
    model = Reward
    fields = ["name", "points", "is_active"]
    extra = 0
    show_change_link = True


@admin.register(Program)
class ProgramAdmin(ModelAdmin):
    list_display = ["name", "point_name", "is_active", "auto_enrol"]
    search_fields = ["name"]
    inlines = [EarnRuleInline, RewardInline]
    show_full_result_count = False


@admin.register(Reward)
class RewardAdmin(ModelAdmin):
    list_display = ["name", "program", "points", "is_active"]
    list_filter = ["program", "is_active"]
    list_select_related = ["program"]
    search_fields = ["name"]
    show_full_result_count = False


@admin.register(Account)
class AccountAdmin(LimitedAdmin):
    """The members; the page of one is the loyalty desk. Balances move by entries only."""

    list_display = ["customer", "program", "shown_balance", "joined_at"]
    list_filter = ["program"]
    list_select_related = ["customer", "program"]
    search_fields = ["customer__first_name", "customer__last_name", "customer__identities__value"]
    search_help_text = _("Name, e-mail address, phone number or external id")
    fields = ["program", "customer"]
    autocomplete_fields = ["customer"]
    ordering = ["-pk"]
    paginator = InfinitePaginator
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(AccountView.as_view(model_admin=self))
        return [path("<int:pk>/change/", page, name="loyalty_account_change"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        account = enrol(program=obj.program, customer=obj.customer, at=timezone.now())
        obj.pk = account.pk

    def has_delete_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return False

    @display(description=_("balance"), ordering="balance")
    def shown_balance(self, account: Account) -> int:
        return account.balance
