"""The loyalty desk: one member's balance, statement, and what staff can do about them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from loyalty.forms import FORMS, DeskForm
from loyalty.ledger import AlreadyReversed, PointsAlreadySpent, RewardNotOffered
from loyalty.models import Account, Entry, Reward
from loyalty.posting import NotEnoughPoints
from loyalty.statement import statement_of
from staff.views import member

LARGEST_ID_DIGITS = 18

REFUSALS: tuple[tuple[type[Exception], str | Promise], ...] = (
    (AlreadyReversed, _("This entry was reversed before. Nothing was posted.")),
    (
        PointsAlreadySpent,
        _(
            "The points of this entry were spent since, so it cannot be reversed. "
            "Reverse what they were spent on first, or adjust what is left."
        ),
    ),
    (NotEnoughPoints, _("There are not enough points on this account. Nothing was posted.")),
    (RewardNotOffered, _("This reward is not offered any more. Nothing was posted.")),
)


def number_from(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) <= LARGEST_ID_DIGITS else None


class AccountView(UnfoldModelAdminViewMixin, TemplateView):  # type: ignore[misc]  unfold has no types
    """`?do=` redeem, adjust or reverse opens that form; it is posted to the same address."""

    permission_required = "loyalty.view_account"
    template_name = "loyalty/account.html"

    @property
    def title(self) -> str:
        return str(self.account.customer)

    @cached_property
    def account(self) -> Account:
        return get_object_or_404(Account.objects.select_related("customer", "program"), pk=self.kwargs["pk"])

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        user, name = member(request), request.POST.get("do", "")
        if name not in FORMS:
            return HttpResponse(status=400)
        form = FORMS[name](request.POST, account=self.account)
        if not user.has_perm(form.permission):
            return self.handle_no_permission()
        if form.is_valid():
            try:
                form.work(by=user, at=timezone.now())
            except tuple(refusal for refusal, _sentence in REFUSALS) as error:
                form.add_error(None, str(sentence_of(error)))
                return self.show_again(name, form, status=409)
            messages.success(request, form.done)
            return redirect(request.path)
        return self.show_again(name, form, status=400)

    def show_again(self, name: str, form: DeskForm, *, status: int) -> HttpResponse:
        self.account.refresh_from_db(fields=["balance"])
        return self.render_to_response(self.get_context_data(do=name, form=form), status=status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, account = member(self.request), self.account
        do = kwargs.pop("do", self.request.GET.get("do", ""))
        form = kwargs.pop("form", None) or self.opened_form(do)
        return super().get_context_data(
            account=account,
            statement=statement_of(account, before=number_from(self.request.GET.get("before"))),
            is_first_page="before" not in self.request.GET,
            rewards=[
                {"reward": reward, "missing": max(0, reward.points - account.balance)}
                for reward in Reward.objects.filter(program=account.program_id, is_active=True)
            ],
            do=do if form else "",
            form=form,
            about=self.about(form),
            may={name: user.has_perm(each.permission) for name, each in FORMS.items()},
            may_see_customer=user.has_perm("customers.view_customer"),
            **kwargs,
        )

    def opened_form(self, do: str) -> DeskForm | None:
        """The form `?do=` asks for, about the reward or entry named beside it; None when there is no such."""
        if do not in FORMS or not member(self.request).has_perm(FORMS[do].permission):
            return None
        named = {name: number_from(self.request.GET.get(name)) for name in ("reward", "entry")}
        form = FORMS[do](account=self.account, initial=named)
        return form if do == "adjust" or self.about(form) else None

    def about(self, form: DeskForm | None) -> Reward | Entry | None:
        """The reward or entry an opened form is about."""
        for name in ("reward", "entry"):
            if form and name in form.fields:
                chosen = number_from(str(form[name].value()))
                found: Reward | Entry | None = form.fields[name].queryset.filter(pk=chosen).first()  # type: ignore[attr-defined]  a choice of rows
                return found
        return None


def sentence_of(error: Exception) -> str | Promise:
    return next(sentence for refusal, sentence in REFUSALS if isinstance(error, refusal))
