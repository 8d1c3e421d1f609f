"""Whether the world can see that our mails come from us: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489) of the
sender's domain, as far as DNS can be reached."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from hashlib import sha256

import dns.exception
import dns.resolver
from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from mail.findings import Finding, State

SECONDS = 2.0  # for one question
PATIENCE = 10.0  # seconds for all questions, where somebody asked for them
PATIENCE_OF_A_PAGE = 1.0  # where nobody did
REMEMBERED = 600  # seconds; what could not be asked is tried again sooner
REMEMBERED_UNREACHABLE = 60
USUAL_SELECTORS = (
    "default",
    "dkim",
    "mail",
    "selector1",
    "selector2",
    "google",
    "s1",
    "k1",
    "pm",
    "resend",
    "mta",
)
Texts = Sequence[str] | None  # None: DNS could not be asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """TXT records: of the domain, of its `_dmarc` or the nearest parent's, and by DKIM selector."""

    spf: Texts
    dmarc: Texts
    dkim: Mapping[str, Texts]

    @property
    def is_whole(self) -> bool:
        """Whether every question was answered."""
        return None not in (self.spf, self.dmarc, *self.dkim.values())


def check_sending_domain(resolver: dns.resolver.Resolver | None = None) -> list[Finding]:
    """What is found for the domain that mails are sent from."""
    domain, selectors = domain_of(settings.DEFAULT_FROM_EMAIL), selectors_tried()
    return judge(domain, look_up(domain, selectors=selectors, resolver=resolver), selectors=selectors)


def doubts_about(address: str, resolver: dns.resolver.Resolver | None = None) -> list[Finding]:
    """What keeps the world from seeing that mails from `address` come from us; one finding where DNS is out of reach.

    For pages that somebody waits for: DNS has a second, and what it said is remembered for some minutes.
    """
    domain, selectors = domain_of(address), selectors_tried()
    answers = remembered(domain, selectors=selectors, resolver=resolver)
    if answers.spf is None:
        sentence = _(
            "Whether mail servers can trust mails from %(domain)s is not known: DNS is not reachable from here."
        )
        return [Finding("DNS", State.UNKNOWN, sentence % {"domain": domain})]
    return [found for found in judge(domain, answers, selectors=selectors) if found.state != State.OK]


def remembered(
    domain: str, *, selectors: Sequence[str], resolver: dns.resolver.Resolver | None = None
) -> Answers:
    """What DNS said in the last minutes, else asked now."""
    key = sha256("\x1f".join(("sending domain", domain, *selectors)).encode()).hexdigest()
    answers: Answers | None = cache.get(key)
    if answers is None:
        answers = look_up(domain, selectors=selectors, resolver=resolver, seconds=PATIENCE_OF_A_PAGE)
        cache.set(key, answers, REMEMBERED if answers.is_whole else REMEMBERED_UNREACHABLE)
    return answers


def domain_of(address: str) -> str:
    return parseaddr(address)[1].rpartition("@")[2]


def selectors_tried() -> tuple[str, ...]:
    return (settings.DKIM_SELECTOR,) if settings.DKIM_SELECTOR else USUAL_SELECTORS


def judge(domain: str, answers: Answers, *, selectors: Sequence[str]) -> list[Finding]:
    return [
        judge_spf(domain, answers.spf),
        judge_dkim(domain, answers.dkim, is_known=len(selectors) == 1),
        judge_dmarc(domain, answers.dmarc),
    ]


def judge_spf(domain: str, texts: Texts) -> Finding:
    if texts is None:
        return not_reached("SPF")
    records = [text for text in texts if text.lower().split(" ")[0] == "v=spf1"]
    if not records:
        sentence = _("%(domain)s does not say which servers may send its mails: add a TXT record v=spf1 ….")
    elif len(records) > 1:
        sentence = _("%(domain)s has several SPF records, which count as none: keep one.")
    elif {"all", "+all"} & set(records[0].lower().split()):
        sentence = _("The SPF record of %(domain)s lets everybody send its mails: end it with ~all or -all.")
    else:
        return Finding(
            "SPF", State.OK, _("%(domain)s says which servers may send its mails.") % {"domain": domain}
        )
    return Finding("SPF", State.MISSING, sentence % {"domain": domain})


def judge_dkim(domain: str, answers: Mapping[str, Texts], *, is_known: bool) -> Finding:
    """A key under any of the names that were tried; that there is none is certain only where the name is known."""
    found = [selector for selector, texts in answers.items() if texts and any(map(has_key, texts))]
    words = {"domain": domain, "selector": found[0] if found else next(iter(answers), "")}
    if found:
        sentence = _("Signatures can be checked by the key %(selector)s of %(domain)s.")
        return Finding("DKIM", State.OK, sentence % words)
    if any(texts is None for texts in answers.values()):
        return not_reached("DKIM")
    if is_known:
        sentence = _(
            "There is no key %(selector)s at %(domain)s: publish the one your mail server signs with."
        )
        return Finding("DKIM", State.MISSING, sentence % words)
    sentence = _("No key under the usual names: say in DKIM_SELECTOR which one your mail server signs with.")
    return Finding("DKIM", State.UNKNOWN, sentence)


def judge_dmarc(domain: str, texts: Texts) -> Finding:
    if texts is None:
        return not_reached("DMARC")
    records = [tags_of(text) for text in texts if text.replace(" ", "").lower().startswith("v=dmarc1")]
    policies = [tags.get("p", "").lower() for tags in records]
    words = {"domain": domain, "policy": policies[0] if policies else ""}
    if len(policies) != 1 or policies[0] not in {"none", "quarantine", "reject"}:
        sentence = _(
            "%(domain)s does not say what becomes of forged mails: add a TXT record v=DMARC1 at _dmarc."
        )
        return Finding("DMARC", State.MISSING, sentence % words)
    return Finding("DMARC", State.OK, _("%(domain)s says what becomes of forged mails: %(policy)s.") % words)


def has_key(text: str) -> bool:
    """A withdrawn key is published empty."""
    return bool(tags_of(text).get("p"))


def tags_of(text: str) -> dict[str, str]:
    pairs = (tag.partition("=") for tag in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _equals, value in pairs}


def not_reached(name: str) -> Finding:
    return Finding(name, State.UNKNOWN, _("DNS is not reachable from here, so this cannot be told."))


def look_up(
    domain: str,
    *,
    selectors: Sequence[str],
    resolver: dns.resolver.Resolver | None = None,
    seconds: float = PATIENCE,
) -> Answers:
    """Ask DNS for so many `seconds` at most; once it does not answer it is not asked further."""
    inquiry = Inquiry(resolver or system_resolver(), until=time.monotonic() + seconds)
    spf = inquiry.texts_at(domain)
    if spf is None:
        return Answers(spf=None, dmarc=None, dkim=dict.fromkeys(selectors))
    dmarc = dmarc_at(domain, inquiry)
    keys = {selector: inquiry.texts_at(f"{selector}._domainkey.{domain}") for selector in selectors}
    return Answers(spf=spf, dmarc=dmarc, dkim=keys)


def system_resolver() -> dns.resolver.Resolver | None:
    try:
        return dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        return None


def dmarc_at(domain: str, inquiry: "Inquiry") -> Texts:
    """The domain's own record, or else that of the nearest domain above it."""
    labels = domain.split(".")
    texts: Texts = []
    for start in range(max(len(labels) - 1, 1)):
        texts = inquiry.texts_at(f"_dmarc.{'.'.join(labels[start:])}")
        if texts is None or any("dmarc1" in text.lower() for text in texts):
            break
    return texts


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Questions to one DNS server that are all over at the same moment."""

    resolver: dns.resolver.Resolver | None
    until: float

    def texts_at(self, name: str) -> Texts:
        """[] where there is no such record; None where nobody answers, or no time is left."""
        left = min(SECONDS, self.until - time.monotonic())
        if self.resolver is None or left <= 0:
            return None
        try:
            records = self.resolver.resolve(name, "TXT", lifetime=left, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.name.EmptyLabel, dns.name.LabelTooLong):
            return []
        except (dns.exception.DNSException, OSError):
            return None
        return [b"".join(record.strings).decode("utf-8", "replace") for record in records]
