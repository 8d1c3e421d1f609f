"""The conversation with a customer as programs read it and add to it."""

from typing import ClassVar

from rest_framework import serializers

from customers.models import Channel
from followups.models import Message
from followups.models.messages import CHANNELS, LONGEST_SUBJECT, LONGEST_TEXT
from staff.api.views import Input


class MessageSerializer(serializers.ModelSerializer[Message]):
    direction = serializers.ChoiceField(choices=Message.Direction.choices, read_only=True)
    channel = serializers.ChoiceField(choices=CHANNELS, read_only=True)
    state = serializers.ChoiceField(choices=Message.State.choices, read_only=True)
    is_automatic = serializers.SerializerMethodField()
    attachments = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Their names; what was attached is not kept."
    )

    class Meta:
        model = Message
        fields: ClassVar = (
            "id",
            "direction",
            "channel",
            "is_automatic",
            "author",
            "address",
            "subject",
            "text",
            "attachments",
            "at",
            "state",
            "sent_at",
        )
        read_only_fields = fields

    def get_is_automatic(self, message: Message) -> bool:
        return message.kind == Message.Kind.AUTOMATIC


class ReplyInput(Input):
    seen_version = serializers.IntegerField(
        min_value=1,
        max_value=2**31 - 1,
        required=False,
        help_text="Refuse with 409 when the follow-up changed since this version.",
    )
    channel = serializers.ChoiceField(choices=CHANNELS, default=Channel.EMAIL.value)
    address = serializers.CharField(
        max_length=254,
        required=False,
        help_text="One of the customer's; the first open one unless it is said.",
    )
    subject = serializers.CharField(max_length=LONGEST_SUBJECT, required=False, allow_blank=True)
    text = serializers.CharField(max_length=LONGEST_TEXT)
