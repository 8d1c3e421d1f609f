"""What imports leave behind is personal data: it is forgotten after a while."""

from datetime import datetime, timedelta

from customers.imports.running import discard_import
from customers.models import CustomerImport, RefusedRow

REFUSED_ROWS_KEPT = timedelta(days=30)
UPLOADS_KEPT = timedelta(days=7)


def prune_imports(*, at: datetime) -> int:
    """Forget refused rows a month after their import, and files that nobody matched for a week; returns how many."""
    forgotten, _models = RefusedRow.objects.filter(
        customer_import__finished_at__lt=at - REFUSED_ROWS_KEPT
    ).delete()
    abandoned = CustomerImport.objects.filter(
        state=CustomerImport.State.UPLOADED, created_at__lt=at - UPLOADS_KEPT
    )
    return forgotten + sum(discard_import(customer_import=each) for each in abandoned)
