"""Handing messages over by HTTP calls, several side by side."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from mail.messages import Ending, Message, Outcome
from mail.outbound import Client, refuse_in_transaction

HandOver = Callable[[Message, Client], Outcome]


class Calls:
    """One call a message, as many at a time as there are connections.

    `is_repeatable` says that the other side knows a message again by its key: what ended unknown is handed over once
    more then.
    """

    def __init__(
        self, hand_over_one: HandOver, *, connections: int, timeout: timedelta, is_repeatable: bool = False
    ) -> None:
        self.hand_over_one = hand_over_one
        self.width = connections
        self.is_repeatable = is_repeatable
        self.client = Client(connections=connections, timeout=timeout)
        self.threads = ThreadPoolExecutor(connections, thread_name_prefix="calls")

    def hand_over(self, messages: Sequence[Message]) -> list[Outcome]:
        refuse_in_transaction()
        return list(self.threads.map(self.hand_over_repeatedly, messages))

    def hand_over_repeatedly(self, message: Message) -> Outcome:
        outcome = self.hand_over_one(message, self.client)
        if outcome.ending is not Ending.UNKNOWN or not self.is_repeatable:
            return outcome
        again = self.hand_over_one(message, self.client)
        return again if again.ending in {Ending.ACCEPTED, Ending.REFUSED} else outcome

    def close(self) -> None:
        self.threads.shutdown()
        self.client.close()
