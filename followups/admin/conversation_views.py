"""Writing to the customer and logging calls, on the page of their follow-up."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events.boundary import id_from
from followups.admin.follow_up_views import CHANGED, WHY_NOT, FollowUpView
from followups.admin.inbox_views import MAY_CHANGE, tab_from
from followups.conversations.reaching import AddressStopped, CannotWrite, NobodyToWrite
from followups.conversations.replying import NotUnknown, send_again
from followups.pages.conversation_forms import CallForm, ReplyForm
from followups.pages.forms import WorkForm
from followups.pages.inbox import Tab
from followups.pages.thread import conversation_of
from followups.working.steps import ChangedMeanwhile
from staff.views import member

WITHOUT_PAGE = "HX-Request"
NOTHING_NEW = 204


class ConversationView(FollowUpView):
    """The same page; what is posted here goes to the customer, or is about a call with them."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if "thread" not in request.GET:
            return super().get(request, **kwargs)
        may_write = member(request).has_perm(MAY_CHANGE)
        shown = conversation_of(self.follow_up, may_write=may_write)
        if request.GET["thread"] == shown.stamp:
            return HttpResponse(status=NOTHING_NEW)
        return render(request, "followups/thread.html", {"conversation": shown})

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        follow_up = self.follow_up  # a stranger's is not found, whatever is asked
        if not member(request).has_perm(MAY_CHANGE):
            raise PermissionDenied
        match request.POST.get("action"):
            case "reply" if "fill" in request.POST or "count" in request.POST:
                return self.fill(request)
            case "reply":
                return self.do(request, ReplyForm(request.POST, follow_up=follow_up), name="reply")
            case "call":
                return self.do(request, CallForm(request.POST), name="call")
            case "again":
                return self.send_again(request)
            case _:
                return HttpResponse(status=400)

    def fill(self, request: HttpRequest) -> HttpResponse:
        """The reply with its template in it, and how long an SMS has become; nothing is sent."""
        form = ReplyForm(request.POST, follow_up=self.follow_up)
        if "fill" in request.POST:
            form = form.filled(by=member(request))
        if WITHOUT_PAGE not in request.headers:
            return self.show(200, reply=form)
        template = "followups/reply_words.html" if "fill" in request.POST else "followups/sms_length.html"
        return render(request, template, {"reply": form, "address": request.path})

    def do(self, request: HttpRequest, form: WorkForm, *, name: str) -> HttpResponse:
        if not form.is_valid():
            return self.show(400, **{name: form})
        try:
            form.work(follow_up=self.follow_up, by=member(request), at=timezone.now())
        except ChangedMeanwhile as error:
            return self.show(409, **{name: self.about_now(form, error, request)})
        except CannotWrite as error:
            form.add_error("to", why_not(error))
            return self.show(400, **{name: form})
        messages.success(request, form.done)
        return self.back(request)

    def about_now(self, form: WorkForm, error: ChangedMeanwhile, request: HttpRequest) -> WorkForm:
        """The form again with what was typed, now about the version the page shows."""
        typed = request.POST.copy()
        typed["version"] = str(self.follow_up.version)
        again: WorkForm = (
            ReplyForm(typed, follow_up=self.follow_up) if isinstance(form, ReplyForm) else CallForm(typed)
        )
        again.add_error(None, str(WHY_NOT.get(type(error), CHANGED)))
        return again

    def send_again(self, request: HttpRequest) -> HttpResponse:
        pk = id_from(request.POST.get("message"))
        message = get_object_or_404(self.follow_up.messages.outgoing(), pk=pk)
        try:
            send_again(message=message, by=member(request), at=timezone.now())
        except NotUnknown:
            messages.warning(request, _("Somebody was faster: look how the message stands now."))
        else:
            messages.success(request, _("It is sent once more."))
        return self.back(request)

    def show(self, status: int, **forms: Any) -> HttpResponse:
        shown = conversation_of(self.follow_up, may_write=True, **forms)
        context = self.get_context_data(conversation=shown, failed=next(iter(forms)))
        return self.render_to_response(context, status=status)

    def back(self, request: HttpRequest) -> HttpResponseRedirect:
        page = reverse("admin:followups_follow_up", args=[self.follow_up.pk])
        return redirect(f"{page}?tab={tab_from(request, otherwise=Tab.MINE)}#conversation")


def why_not(error: CannotWrite) -> str:
    match error:
        case AddressStopped():
            return str(error.why)
        case NobodyToWrite():
            return _("There is nobody to write to: the customer is not known, or was erased.")
        case _:
            return _("This is no longer an address of the customer: choose another one.")
