"""The loyalty desk: one member's balance, statement, and what staff can do about them."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from events.boundary import id_from
from loyalty.forms import FORMS, DeskForm
from loyalty.ledger import AlreadyReversed, PointsAlreadySpent, RewardNotOffered
from loyalty.models import Account, Reward
from loyalty.posting import NotEnoughPoints
from loyalty.statement import statement_of
from staff.access import visible
from staff.views import member

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


class AccountView(UnfoldModelAdminViewMixin, TemplateView):
    """`?do=` redeem, adjust or reverse opens that form; it is posted to the same address."""

    permission_required = "loyalty.view_account"
    template_name = "loyalty/account.html"

    @property
    def title(self) -> str:
        return str(self.account.customer)

    @cached_property
    def account(self) -> Account:
        accounts = Account.objects.select_related("customer", "program")
        return get_object_or_404(visible(accounts, self.request.user), pk=self.kwargs["pk"])

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        user, account, name = member(request), self.account, request.POST.get("do", "")
        if name not in FORMS:
            return HttpResponse(status=400)
        form = FORMS[name](request.POST, account=account)
        if not user.has_perm(form.permission):
            raise PermissionDenied
        if form.is_valid():
            try:
                form.work(by=user, at=timezone.now())
            except tuple(refusal for refusal, _sentence in REFUSALS) as error:
                form.add_error(None, str(sentence_of(error)))
                return self.show_again(name, form, status=409)
            messages.success(request, str(form.done))
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
            statement=statement_of(account, before=id_from(self.request.GET.get("before"))),
            is_first_page="before" not in self.request.GET,
            rewards=[
                {"reward": reward, "missing": max(0, reward.points - account.balance)}
                for reward in Reward.objects.filter(program=account.program_id, is_active=True)
            ],
            do=do if form else "",
            form=form,
            about=form.about if form else None,
            may={name: user.has_perm(each.permission) for name, each in FORMS.items()},
            may_see_customer=user.has_perm("customers.view_customer"),
            **kwargs,
        )

    def opened_form(self, do: str) -> DeskForm | None:
        """The form `?do=` asks for, about the reward or entry named beside it; None when there is no such."""
        if do not in FORMS or not member(self.request).has_perm(FORMS[do].permission):
            return None
        named = {name: id_from(self.request.GET.get(name)) for name in ("reward", "entry")}
        form = FORMS[do](account=self.account, initial=named)
        return form if do == "adjust" or form.about else None


def sentence_of(error: Exception) -> str | Promise:
    return next(sentence for refusal, sentence in REFUSALS if isinstance(error, refusal))
