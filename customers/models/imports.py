"""A file of customers on its way in, and its rows that did not come in."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.imports.uploads import FileImport, Refusal


class CustomerImport(FileImport):
    """One file of customers on its way in."""

    source = models.CharField(
        _("source"),
        max_length=40,
        blank=True,
        help_text=_("The program the file comes from: external ids in it are ids of that program."),
    )
    defaults = models.JSONField(_("where the file does not say"), default=dict, blank=True)
    created_count = models.PositiveIntegerField(_("created"), default=0)
    updated_count = models.PositiveIntegerField(_("updated"), default=0)
    unchanged_count = models.PositiveIntegerField(_("unchanged"), default=0)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]


class RefusedRow(Refusal):
    """A row of a file that was not imported."""

    customer_import = models.ForeignKey(
        CustomerImport, on_delete=models.CASCADE, related_name="refused_rows", verbose_name=_("import")
    )

    class Meta:
        verbose_name = _("refused row")
        verbose_name_plural = _("refused rows")
        ordering = ["pk"]
