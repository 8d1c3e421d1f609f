"""Messages that are not worth their price are refused before they leave."""

from collections.abc import Collection

import phonenumbers
from phonenumbers import PhoneNumberType

from mail.sms.segments import segments_of

EXPENSIVE = {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN}


def reason_against(*, number: str, text: str, countries: Collection[str], longest: int) -> str:
    """Why this text may not go to this number (E.164); "" when it may.

    `countries` are ISO codes, none of them meaning all; `longest` is the most parts a message may have.
    """
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return "The number is not a telephone number."
    if phonenumbers.number_type(parsed) in EXPENSIVE:
        return "The number is a premium number."
    country = phonenumbers.region_code_for_number(parsed)
    if countries and country not in countries:
        return f"{country or 'The country of the number'} is not one of SMS_COUNTRIES."
    if (parts := segments_of(text).parts) > longest:
        return f"The text has {parts} parts; SMS_PARTS_AT_MOST allows {longest}."
    return ""
