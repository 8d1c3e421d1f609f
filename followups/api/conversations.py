"""The conversation with a customer as programs read it and add to it."""

from typing import ClassVar

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers

from customers.models import Channel
from followups.models import Message, MessageFile
from followups.models.messages import CHANNELS, LONGEST_SUBJECT, LONGEST_TEXT
from staff.api.views import Input


class MessageFileSerializer(serializers.ModelSerializer[MessageFile]):
    why_not_kept = serializers.ChoiceField(
        source="why_not", choices=MessageFile.WhyNot.choices, allow_blank=True, read_only=True
    )
    address = serializers.SerializerMethodField(
        help_text="Where staff can open it, after a login; null for what is not kept."
    )

    class Meta:
        model = MessageFile
        fields = read_only_fields = ("id", "name", "type", "size", "why_not_kept", "address")

    def get_address(self, file: MessageFile) -> str | None:
        return (
            settings.PUBLIC_BASE_URL + reverse("admin:followups_file", args=[file.pk]) if file.file else None
        )


class MessageSerializer(serializers.ModelSerializer[Message]):
    direction = serializers.ChoiceField(choices=Message.Direction.choices, read_only=True)
    channel = serializers.ChoiceField(choices=CHANNELS, read_only=True)
    state = serializers.ChoiceField(choices=Message.State.choices, read_only=True)
    is_automatic = serializers.SerializerMethodField()
    attachments = serializers.SerializerMethodField(help_text="Names of all that came with it.")
    files = MessageFileSerializer(
        many=True,
        read_only=True,
        help_text="What came by mail: pictures and PDF are kept, anything else is named.",
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
            "files",
            "at",
            "state",
            "sent_at",
        )
        read_only_fields = fields

    def get_attachments(self, message: Message) -> list[str]:
        return [*message.attachments, *(file.name for file in message.files.all())]

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
