"""The third job: the treasurer previews a month, another person approves it, it is issued, each fee can be traced."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

TREASURER, APPROVER = "treasurer@irwell-and-tame.example", "approver@irwell-and-tame.example"
CONTRIBUTOR, USER = "finance@irwell-council.example", "finance@pennine-wave.example"


def test_a_month_is_previewed_approved_by_another_person_and_issued(open_page):
    treasurer, approver = open_page(TREASURER), open_page(APPROVER)

    treasurer.goto("/settlements/2026-10")
    expect(treasurer.get_by_role("heading", name="Settlement of October 2026")).to_be_visible()
    expect(treasurer.get_by_role("button", name="Issue this settlement")).to_have_count(0)

    approver.get_by_role("link", name="October 2026").first.click()
    confirm(approver, "Approve these figures")

    treasurer.reload()
    confirm(treasurer, "Issue this settlement")
    expect(treasurer.get_by_role("link", name="INV-").first).to_be_visible()

    member = open_page(CONTRIBUTOR)
    member.goto("/documents")
    member.get_by_role("link", name="SBI-").first.click()
    expect(member.get_by_text("The VAT shown is your output tax due to HMRC")).to_be_visible()


def test_a_contributor_traces_a_fee_to_its_span_metres_days_and_tariff_line(open_page):
    member = open_page(CONTRIBUTOR)
    member.goto("/statements/irwell-council")
    member.get_by_role("link", name="Why").first.click()

    for words in (r"\d m × \d", r"\d+ days", "pair_metre_year", "Demonstration tariff 2025", "75 %"):
        expect(member.get_by_text(re.compile(words)).first).to_be_visible()


def test_a_document_is_its_members_alone(open_page):
    user = open_page(USER)
    user.goto("/documents")
    user.get_by_role("link", name="INV-").first.click()
    number = user.url.rsplit("/", 1)[1]

    assert open_page(CONTRIBUTOR).goto(f"/documents/{number}").status == 404


def confirm(page: Page, words: str) -> None:
    """Open a question and answer it."""
    page.locator("summary", has_text=words).click()
    page.get_by_role("button", name=words).click()
