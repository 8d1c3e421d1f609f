"""The HTTP session that django-anymail is given: it looks like one of `requests` and calls through the one client."""

from http import HTTPStatus
from typing import Any

import requests  # noqa: TID251  builds the request as anymail expects it; the call itself is ours

from mail.outbound import Answer, Client, Request


class HouseSession:
    def __init__(self, client: Client, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers

    def request(self, *, timeout: float, **asked: Any) -> requests.Response:
        """The client's time-out holds, not anymail's. Raises NotReached or NoAnswer."""
        prepared = requests.Request(**asked).prepare()
        request = Request(
            url=prepared.url or "",
            method=prepared.method or "POST",
            headers=self.headers | {name: str(value) for name, value in prepared.headers.items()},
            body=bytes_of(prepared.body),
        )
        return response_of(self.client.send(request), url=request.url)

    def close(self) -> None:
        """The client outlives this session."""


def bytes_of(body: object) -> bytes:
    """anymail makes whole bodies, never streams."""
    return body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b""


def response_of(answer: Answer, *, url: str) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.reason = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""
    response.headers.update(answer.headers)
    response.url = url
    response.encoding = "utf-8"
    response._content = answer.body
    return response
