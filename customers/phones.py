"""Telephone numbers in E.164, the way the world writes them: +38761234567."""

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
WITHOUT_PUNCTUATION = str.maketrans("", "", " -./()")
LONGEST_COUNTRY_CODE = 3
Rules = tuple[int, "re.Pattern[str] | None", frozenset[int]]


def e164(value: str, *, country: str) -> str | None:
    """`value` in E.164, read as people in `country` write it; None when it cannot be a phone number."""
    compact = value.translate(WITHOUT_PUNCTUATION)
    if E164.fullmatch(compact) and is_unchanged(compact):
        return compact
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_unchanged(number: str) -> bool:
    """Whether reading `number` thoroughly would give itself: a file has a million of them, and parsing takes long."""
    rules = rules_for(number[1 : 1 + LONGEST_COUNTRY_CODE])
    if rules is None:
        return False
    code_length, national_prefix, lengths = rules
    national = number[1 + code_length :]
    is_plain = national_prefix is None or national_prefix.match(national) is None
    return is_plain and len(national) in lengths


@lru_cache(maxsize=1000)
def rules_for(start: str) -> Rules | None:
    """Length of the country code, what people put before a number inside the country, and the lengths of numbers."""
    for code_length in range(1, LONGEST_COUNTRY_CODE + 1):
        code = int(start[:code_length])
        if code in COUNTRY_CODE_TO_REGION_CODE:
            metadata = PhoneMetadata.metadata_for_region_or_calling_code(
                code, COUNTRY_CODE_TO_REGION_CODE[code][0]
            )
            if metadata is None or metadata.general_desc is None:
                return None
            prefix = metadata.national_prefix_for_parsing
            return (
                code_length,
                re.compile(prefix) if prefix else None,
                frozenset(metadata.general_desc.possible_length),
            )
    return None
