"""A campaign's message as one real customer would read it, in each language and by each of its channels."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from customers.identities import NotAnIdentity
from customers.models import Channel, Customer
from customers.searching import search_customers
from customers.segments import members
from events.boundary import id_from
from mail.admin.outbox import SANDBOX
from mail.sms.segments import segments_of
from staff.access import visible
from staff.models import User
from staff.views import member
from surveys.campaigns.life import NotReady, WrongState
from surveys.campaigns.trying import TestNotSent, send_test
from surveys.models import Campaign
from surveys.planning.rules import sample_occasion
from surveys.sending.previewing import Preview, preview_message

FOUND = 8
LANGUAGES = dict(settings.LANGUAGES)
State = Campaign.State


class PreviewView(UnfoldModelAdminViewMixin, TemplateView):
    """The message for a chosen customer; `?html` is its HTML alone, boxed in."""

    title = _("The message")
    permission_required = ("surveys.view_campaign", "customers.view_customer")
    template_name = "surveys/campaign_preview.html"

    @cached_property
    def campaign(self) -> Campaign:
        campaigns = Campaign.objects.select_related("survey", "segment", "sender")
        campaign = campaigns.filter(pk=self.kwargs["pk"]).first()
        if campaign is None:
            raise Http404
        return campaign

    @cached_property
    def customer(self) -> Customer | None:
        """Whoever was chosen; else the newest one the campaign would ask whom this member of staff may see."""
        if chosen := id_from(self.request.GET.get("customer")):
            return visible(Customer.objects.all(), self.request.user).filter(pk=chosen).first()
        of_segment = members(segment=self.campaign.segment, at=timezone.now())
        return visible(of_segment, self.request.user).order_by("-pk").first()

    @property
    def choice(self) -> dict[str, str]:
        """Which of the campaign's messages is shown."""
        customer, asked = self.customer, self.request.GET
        channels = self.campaign.channels or [Channel.EMAIL.value]
        own = customer.language if customer else self.campaign.survey.language
        variants = ["a", "b"] if self.campaign.subject_b else [""]
        return {
            "channel": one_of(asked.get("channel"), channels),
            "language": one_of(asked.get("language"), [own, *LANGUAGES]),
            "variant": one_of(asked.get("variant"), variants),
        }

    def preview(self) -> Preview | None:
        if self.customer is None:
            return None
        return preview_message(
            campaign=self.campaign, customer=self.customer, at=timezone.now(), **self.choice
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        page: HttpResponse
        if "html" in request.GET:
            preview = self.preview()
            if preview is None or not preview.html:
                raise Http404
            outside = preview.html.replace("<head>", '<head><base target="_blank">', 1)
            return HttpResponse(outside, headers=SANDBOX)
        page = super().get(request, *args, **kwargs)
        return page

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A test of the message that is shown, to whoever reads this; the page stays as it is."""
        if not may_test(self.campaign, member(request)):
            raise PermissionDenied
        choice = self.choice
        try:
            test = send_test(
                campaign=self.campaign,
                to=member(request),
                at=timezone.now(),
                customer=self.customer,
                channel=Channel(choice["channel"]),
                language=choice["language"],
                variant=choice["variant"],
                address=request.POST.get("to", ""),
            )
        except (NotReady, WrongState, TestNotSent, NotAnIdentity) as refusal:
            messages.error(request, str(refusal))
        else:
            told = gettext("The test is on its way to %(email)s.")
            messages.success(request, told % {"email": test.address})
        return redirect(request.get_full_path())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        preview, choice = self.preview(), self.choice
        words = self.request.GET.get("q", "").strip()
        return super().get_context_data(
            campaign=self.campaign,
            may_test=may_test(self.campaign, member(self.request)),
            is_before_start=self.campaign.state in {State.DRAFT, State.SCHEDULED},
            customer=self.customer,
            preview=preview,
            has_sample=bool(sample_occasion(self.campaign)),
            segments=segments_of(preview.text) if preview and choice["channel"] == Channel.SMS else None,
            words=words,
            found=self.found(words) if words else [],
            channels=[(name, Channel(name).label) for name in self.campaign.channels],
            languages=settings.LANGUAGES,
            **choice,
            **kwargs,
        )

    def found(self, words: str) -> Sequence[Customer]:
        seen = visible(Customer.objects.all(), self.request.user)
        return list(search_customers(seen, words)[:FOUND])


def may_test(campaign: Campaign, user: User) -> bool:
    return campaign.state not in {State.DONE, State.CANCELLED} and user.has_perm("surveys.launch_campaign")


def one_of(asked: str | None, offered: Sequence[str]) -> str:
    return asked if asked is not None and asked in offered else offered[0]
