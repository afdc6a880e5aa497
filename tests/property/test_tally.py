"""Counting votes: whatever the votes, one member is one vote, and more for never makes less of it."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cni.governance.tally import Ballot, Rule, tally
from cni.governance.words import Choice, Outcome

MEMBERS = range(1, 9)
rules = st.builds(Rule, st.integers(1, 100), st.integers(50, 99))
choices = st.sampled_from(Choice)
entitled = st.frozensets(st.sampled_from(MEMBERS), min_size=1)
ballots = st.dictionaries(st.sampled_from(MEMBERS), choices).map(
    lambda said: [Ballot(member, choice) for member, choice in said.items()]
)


@given(entitled, ballots, rules, st.data())
def test_more_sign_ins_of_the_same_members_change_nothing(entitled, ballots, rule, data):
    assume(ballots)
    repeated = st.builds(Ballot, st.sampled_from([ballot.member_id for ballot in ballots]), choices)
    later = data.draw(st.lists(repeated, max_size=10))

    assert tally(entitled, [*ballots, *later], rule) == tally(entitled, ballots, rule)


@given(entitled, ballots, rules)
def test_who_is_not_entitled_changes_nothing(entitled, ballots, rule):
    own = [ballot for ballot in ballots if ballot.member_id in entitled]

    assert tally(entitled, ballots, rule) == tally(entitled, own, rule)


@given(entitled, ballots, rules, st.randoms(use_true_random=False))
def test_the_order_of_the_votes_changes_nothing(entitled, ballots, rule, chance):
    shuffled = chance.sample(ballots, len(ballots))

    assert tally(entitled, shuffled, rule) == tally(entitled, ballots, rule)


@given(entitled, ballots, rules, st.data())
def test_an_abstention_counts_for_the_quorum_alone(entitled, ballots, rule, data):
    silent = sorted(entitled - {ballot.member_id for ballot in ballots})
    assume(silent)
    before = tally(entitled, ballots, rule)
    after = tally(entitled, [*ballots, Ballot(data.draw(st.sampled_from(silent)), Choice.ABSTAIN)], rule)

    assert (after.votes_for, after.votes_against) == (before.votes_for, before.votes_against)
    assert after.outcome == before.outcome or before.outcome is Outcome.NO_QUORUM


@given(entitled, ballots, rules, st.data())
def test_a_vote_for_instead_of_another_never_takes_a_carried_resolution_back(entitled, ballots, rule, data):
    convinced = data.draw(st.sets(st.sampled_from(MEMBERS)))
    after = [Ballot(each.member_id, Choice.FOR) if each.member_id in convinced else each for each in ballots]

    was_carried = tally(entitled, ballots, rule).outcome is Outcome.CARRIED
    assert tally(entitled, after, rule).outcome is Outcome.CARRIED or not was_carried


@given(entitled, ballots, rules)
def test_the_outcome_is_what_the_rule_says_in_fractions(entitled, ballots, rule):
    counted = tally(entitled, ballots, rule)
    decided = counted.votes_for + counted.votes_against

    if counted.voted / counted.entitled < rule.quorum_percent / 100 - 1e-9:
        assert counted.outcome is Outcome.NO_QUORUM
    elif counted.outcome is Outcome.CARRIED:
        assert counted.votes_for / decided > rule.majority_percent / 100
    assert counted.voted <= counted.entitled == len(entitled)


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [
        ("", Outcome.NO_QUORUM),
        ("+", Outcome.NO_QUORUM),
        ("+0", Outcome.CARRIED),
        ("00", Outcome.NOT_CARRIED),
        ("+-", Outcome.NOT_CARRIED),
        ("++-", Outcome.CARRIED),
        ("+--0000", Outcome.NOT_CARRIED),
    ],
)
def test_eight_members_under_a_quarter_and_a_simple_majority(votes, outcome):
    said = {"+": Choice.FOR, "-": Choice.AGAINST, "0": Choice.ABSTAIN}
    ballots = [Ballot(member, said[vote]) for member, vote in enumerate(votes, start=1)]

    assert tally(MEMBERS, ballots, Rule(25, 50)).outcome is outcome


def test_where_nobody_is_entitled_there_is_no_quorum():
    assert tally([], [Ballot(1, Choice.FOR)], Rule(1, 50)).outcome is Outcome.NO_QUORUM
