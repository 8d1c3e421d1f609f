from django.db import models
from django.utils.translation import gettext_lazy as _


class KeptMail(models.Model):
    """A mail that did not leave: where no mail server is set, the outbox page keeps all of them."""

    sender = models.CharField(_("from"), max_length=320)
    recipient = models.CharField(_("to"), max_length=320)
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    message = models.BinaryField(_("message"))
    kept_at = models.DateTimeField(_("kept at"), auto_now_add=True)

    class Meta:
        verbose_name = _("kept mail")
        verbose_name_plural = _("outbox")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.subject
