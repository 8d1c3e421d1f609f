"""Lists that are as quick on page ten thousand as on the first: the page begins after a key, and nothing is counted."""

from typing import Any

from django.http import HttpRequest
from unfold.paginator import InfinitePaginator
from unfold.views import ChangeList


class KeysetPaginator(InfinitePaginator):
    template_name = "customers/paging.html"


class KeysetChangeList(ChangeList):
    """Newest first; the page parameter is the key after which the page begins (1 for the first page)."""

    next_after: int | None = None

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[str]:
        return ["-pk"]

    def get_results(self, request: HttpRequest) -> None:
        rows = self.queryset.filter(pk__lt=self.page_num) if self.page_num > 1 else self.queryset
        self.paginator = self.model_admin.get_paginator(request, rows, self.list_per_page)
        found = list(rows[: self.list_per_page + 1])
        self.result_list = found[: self.list_per_page]
        self.next_after = self.result_list[-1].pk if len(found) > self.list_per_page else None
        self.result_count = len(self.result_list)
        self.full_result_count = self.result_count
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
