"""The ledger against a small model of it: whatever is done in whatever order, both agree."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from loyalty.accrual import Earning, earn_points_for_all
from loyalty.checking import wrong_accounts
from loyalty.ledger import (
    AlreadyReversed,
    NotReversible,
    PointsAlreadySpent,
    SourceTaken,
    adjust_points,
    earn_points,
    redeem_points,
    reverse_entry,
)
from loyalty.models import Entry
from loyalty.posting import NotEnoughPoints
from tests.conftest import NOON
from tests.factories.loyalty import AccountFactory, ProgramFactory

WHO = st.integers(0, 1)
POINTS = st.integers(1, 60)
SOURCE = st.integers(0, 4).map(str)


class Ledger(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        program = ProgramFactory()
        self.program = program
        self.accounts = [AccountFactory(program=program) for _ in range(2)]
        self.model: dict[tuple[int, str, str], int] = {}  # (who, kind, source) → points
        self.undone: dict[tuple[int, str, str], str] = {}  # what was reversed → by which source
        self.entries: dict[tuple[int, str, str], Entry] = {}

    def balance(self, who):
        return sum(points for (whose, _, _), points in self.model.items() if whose == who)

    def expect(self, who, kind, source, points, post):
        """Post, and do the same in the model."""
        key = (who, kind, source)
        if key not in self.model and self.balance(who) + points < 0:
            with pytest.raises(NotEnoughPoints):
                post()
            return
        self.model.setdefault(key, points)
        entry = post()
        assert entry.points == self.model[key]
        assert self.entries.setdefault(key, entry) == entry

    @rule(who=WHO, points=POINTS, source=SOURCE)
    def earn(self, who, points, source):
        self.expect(
            who,
            "earned",
            source,
            points,
            lambda: earn_points(account=self.accounts[who], points=points, source=source, at=NOON),
        )

    @rule(who=WHO, points=POINTS, source=SOURCE)
    def redeem(self, who, points, source):
        self.expect(
            who,
            "redeemed",
            source,
            -points,
            lambda: redeem_points(account=self.accounts[who], points=points, source=source, at=NOON),
        )

    @rule(who=WHO, points=POINTS, sign=st.sampled_from([-1, 1]), source=SOURCE)
    def adjust(self, who, points, sign, source):
        account = self.accounts[who]
        self.expect(
            who,
            "adjusted",
            source,
            sign * points,
            lambda: adjust_points(account=account, points=sign * points, source=source, note="x", at=NOON),
        )

    @rule(rows=st.lists(st.tuples(WHO, POINTS, SOURCE), max_size=6))
    def earn_together(self, rows):
        new = {}
        for who, points, source in rows:
            if (who, "earned", source) not in self.model:
                new.setdefault((who, "earned", source), points)
        posted = earn_points_for_all(
            program=self.program,
            rows=[
                Earning(customer=self.accounts[who].customer_id, points=points, source=source, at=NOON)
                for who, points, source in rows
            ],
        )
        assert posted == len(new)
        self.model |= new
        for who, _, source in new:
            self.entries[who, "earned", source] = Entry.objects.get(
                account=self.accounts[who], kind="earned", source=source
            )

    @rule(data=st.data(), source=SOURCE)
    def reverse(self, data, source):
        if not self.entries:
            return
        key = data.draw(st.sampled_from(sorted(self.entries)))
        who, kind, _ = key
        entry, reversal = self.entries[key], (who, "reversed", source)

        def post():
            return reverse_entry(entry=entry, source=source, at=NOON)

        if kind == "reversed":
            with pytest.raises(NotReversible):
                post()
        elif reversal in self.model:
            if self.undone.get(key) == source:
                assert post() == self.entries[reversal]
            else:
                with pytest.raises(SourceTaken):
                    post()
        elif key in self.undone:
            with pytest.raises(AlreadyReversed):
                post()
        elif self.balance(who) < entry.points:
            with pytest.raises(PointsAlreadySpent):
                post()
        else:
            self.entries[reversal] = post()
            self.model[reversal] = -entry.points
            self.undone[key] = source

    @invariant()
    def both_agree(self):
        for who, account in enumerate(self.accounts):
            account.refresh_from_db()
            assert account.balance == self.balance(who) >= 0
        assert not wrong_accounts().exists()
        assert Entry.objects.filter(account__program=self.program).count() == len(self.model)


class TestLedger(Ledger.TestCase, TestCase):
    settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
