"""Which column of a file means what: the targets, and a guess from the column's name."""

import re
from collections.abc import Iterable, Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import CustomerImport

TARGETS: Mapping[str, Promise] = {
    "external_id": gettext_lazy("External id (customer number)"),
    "email": gettext_lazy("E-mail address"),
    "phone": gettext_lazy("Phone number"),
    "card": gettext_lazy("Member card"),
    "handle": gettext_lazy("Messenger handle"),
    "device": gettext_lazy("Device"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "language": gettext_lazy("Language"),
    "country": gettext_lazy("Country"),
    "time_zone": gettext_lazy("Time zone"),
    "customer_since": gettext_lazy("Customer since (date)"),
    "left_date": gettext_lazy("Left on (date)"),
    "preferred_channel": gettext_lazy("Preferred channel (email, sms or app)"),
    "unit": gettext_lazy("Unit (its name)"),
    "consent": gettext_lazy("Agreed to surveys by e-mail (yes/no)"),
}
IDENTIFYING = ("external_id", "email", "phone", "card", "handle", "device")
ATTRIBUTE = "attribute:"
ATTRIBUTE_NAME = re.compile(r"\w[\w .-]{0,59}")
IMPORTS_REMEMBERED = 10
MOST_SOURCES = 100

WORDS: Mapping[str, str] = {
    "external_id": "external id, id, customer id, customerid, customer number, customer no, client id, "
    "номер клиента, код клиента, šifra kupca, broj kupca, شناسه مشتری, 客户编号, 客户id",
    "email": "email, e mail, mail, email address, e mail address, почта, эл почта, электронная почта, "
    "e pošta, email adresa, ایمیل, پست الکترونیکی, 邮箱, 电子邮件, 邮件",
    "phone": "phone, phone number, mobile, mobile phone, cell, telephone, tel, msisdn, телефон, мобильный, "
    "broj telefona, mobitel, telefon, تلفن, موبایل, شماره تلفن, 电话, 手机, 手机号",
    "card": "card, member card, card number, loyalty card, карта, номер карты, kartica, broj kartice, کارت عضویت, 会员卡",
    "handle": "handle, messenger, telegram, whatsapp, мессенджер, پیام رسان, 即时通讯",
    "device": "device, device id, push token, устройство, uređaj, دستگاه, 设备",
    "unit": "unit, branch, store, shop, location, филиал, магазин, podružnica, poslovnica, شعبه, 门店, 分店",
    "first_name": "first name, firstname, given name, name, имя, ime, نام, 名, 名字",
    "last_name": "last name, lastname, surname, family name, фамилия, prezime, نام خانوادگی, 姓, 姓氏",
    "language": "language, lang, locale, язык, jezik, زبان, 语言",
    "country": "country, country code, страна, država, zemlja, کشور, 国家",
    "time_zone": "time zone, timezone, tz, часовой пояс, vremenska zona, منطقه زمانی, 时区",
    "customer_since": "customer since, since, member since, joined, join date, start date, клиент с, "
    "kupac od, مشتری از, 客户开始日期, 注册日期",
    "left_date": "left on, left date, date left, cancelled on, churned on, churn date, дата ухода, "
    "datum odlaska, تاریخ ترک, 流失日期",
    "preferred_channel": "preferred channel, preferred contact, contact preference, contact by, prefers, "
    "предпочитаемый канал, способ связи, željeni kanal, način kontakta, کانال ترجیحی, روش تماس, 首选渠道, 联系方式偏好",
    "consent": "consent, survey consent, opt in, optin, agreed, согласие, saglasnost, pristanak, رضایت, 同意",
}
TARGET_OF_WORD = {word.strip(): target for target, words in WORDS.items() for word in words.split(",")}


class MappingError(ValueError):
    """Columns that cannot be matched this way; its words say why."""


def guess_mapping(header: Sequence[str], *, source: str = "") -> dict[str, str]:
    """What each column probably means: as in earlier imports, those of `source` before others, else by its name.

    Columns not understood are left out.
    """
    remembered = remembered_targets(header, source=source)
    mapping: dict[str, str] = {}
    for name in header:
        target = remembered.get(name) or TARGET_OF_WORD.get(" ".join(re.findall(r"\w+", name.casefold())))
        target = target or TARGET_OF_WORD.get(name.casefold().replace("_", " "))
        if target and target not in mapping.values():
            mapping[name] = target
    return mapping


def remembered_targets(header: Iterable[str], *, source: str = "") -> dict[str, str]:
    """What people chose for columns of the same names before; the latest choice counts, of the same source first."""
    wanted = set(header)
    earlier = CustomerImport.objects.exclude(mapping={}).order_by("-pk").values_list("mapping", flat=True)
    of_source = list(earlier.filter(source=source)[:1]) if source else []
    remembered: dict[str, str] = {}
    for mapping in (*of_source, *earlier[:IMPORTS_REMEMBERED]):
        remembered = {name: mapping[name] for name in wanted & mapping.keys()} | remembered
    return remembered


def last_of_source(source: str) -> CustomerImport | None:
    """The latest import of `source` whose columns were matched."""
    earlier = CustomerImport.objects.exclude(mapping={}).exclude(source="")
    return earlier.filter(source=source).order_by("-pk").first()


def known_sources() -> list[str]:
    """What earlier files came from, by name."""
    named = CustomerImport.objects.exclude(source="").order_by("source").values_list("source", flat=True)
    return list(named.distinct()[:MOST_SOURCES])


def check_mapping(mapping: Mapping[str, str], *, header: Sequence[str]) -> None:
    """Raises MappingError for what cannot work."""
    for name, target in mapping.items():
        if name not in header:
            raise MappingError(_("The file has no column “%(name)s”.") % {"name": name})
        if target not in TARGETS and not is_attribute(target):
            raise MappingError(_("“%(target)s” is not something a column can hold.") % {"target": target})
    targets = list(mapping.values())
    for target in targets:
        if targets.count(target) > 1:
            raise MappingError(_("Two columns are matched with “%(target)s”.") % {"target": label_of(target)})
    if not set(IDENTIFYING) & set(targets):
        raise MappingError(
            _(
                "Say which column holds the e-mail address, the phone number or another identity: "
                "without one of them nobody can be recognised."
            )
        )


def is_attribute(target: str) -> bool:
    name = target.removeprefix(ATTRIBUTE)
    return target.startswith(ATTRIBUTE) and "__" not in name and bool(ATTRIBUTE_NAME.fullmatch(name))


def label_of(target: str) -> str:
    return str(TARGETS[target]) if target in TARGETS else target.removeprefix(ATTRIBUTE)
