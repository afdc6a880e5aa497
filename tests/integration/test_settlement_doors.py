"""Settlements, documents and the books on pages and in the API: who sees what, and what the buttons do."""

from __future__ import annotations

import csv
import io

import pytest

from cni.members.policy import Role
from cni.members.queries import actor_of
from cni.operations import reporting
from tests.books import OCTOBER, make_books, make_lease
from tests.factories import make_person

SETTLED = "/settlements/2026-10"


@pytest.fixture
def books(session):
    books = make_books(session)
    session.commit()
    return books


@pytest.fixture
def settled(books, session):
    books.settle()
    session.commit()
    return books


def page(client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status)
    return answer.text


def rows(answer) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


# Settlements ----------------------------------------------------------------------------------------------------------


def test_two_people_settle_a_month_on_the_page(client, books):
    digest = books.preview().settlement.digest
    approver = client.sign_in_as(books.approver_person)
    assert "Approve the settlement of October 2026" in page(approver, "/")
    assert "Approve these figures" in page(approver, SETTLED)
    assert approver.post(f"{SETTLED}/approve", data={"digest": digest}).status_code == 302
    shown = page(approver, SETTLED)
    assert "Somebody else issues them" in shown
    assert "Issue this settlement" not in shown

    treasurer = client.sign_in_as(books.treasurer_person)
    assert "Issue the settlement of October 2026" in page(treasurer, "/")
    assert "Issue this settlement" in page(treasurer, SETTLED)
    assert treasurer.post(f"{SETTLED}/issue", data={"digest": digest}).status_code == 302
    shown = page(treasurer, SETTLED)
    assert "INV-000001" in shown
    assert "Issue this settlement" not in shown
    assert "October 2026" in page(treasurer, "/settlements")


def test_figures_that_changed_meanwhile_are_refused_on_the_same_page(client, books):
    treasurer = client.sign_in_as(books.treasurer_person)
    books.approve()
    books.session.commit()
    answer = treasurer.post(f"{SETTLED}/issue", data={"digest": "0" * 64})
    assert answer.status_code == 409
    assert "There is a problem" in answer.text

    answer = treasurer.post(f"{SETTLED}/issue", data={"digest": "short"})
    assert (answer.status_code, "A digest has 64 characters." in answer.text) == (422, True)


def test_a_month_tells_what_is_missing_and_what_differs(client, books):
    books.user.address = None
    books.settle()
    make_lease(books.session, "LSE-LATE", books.carrier, [books.spans["A-B"]])
    books.session.commit()
    treasurer = client.sign_in_as(books.treasurer_person)
    shown = page(treasurer, SETTLED)

    assert "User has no address: its document is withheld." in shown
    assert "a difference is not carried into another month by itself" in shown
    assert "Documents withheld for October 2026" in page(treasurer, "/")


def test_charge_lines_are_found_by_lease_span_or_member(client, books):
    auditor = client.sign_in_as(make_person(books.session, None, Role.AUDITOR))

    assert "LSE-TWO" not in page(auditor, f"{SETTLED}?find=lse-one").split("Charge lines</caption>")[1]
    assert "0 lines" in page(auditor, f"{SETTLED}?find=nothing")
    found = rows(auditor.get(f"{SETTLED}/charges.csv"))
    assert len(found) == len(books.preview().settlement.lines)


@pytest.mark.parametrize("period", ["2026-13", "October", "9999-12", "2026-1"])
def test_what_is_no_month_is_not_found(client, books, period):
    treasurer = client.sign_in_as(books.treasurer_person)

    assert treasurer.get(f"/settlements/{period}").status_code == 404
    assert treasurer.post(f"/settlements/{period}/issue", data={"digest": "0" * 64}).status_code == 404


# Documents, statements, traces ----------------------------------------------------------------------------------------


def test_an_invoice_shows_every_particular(client, settled):
    shown = page(client.sign_in_as(settled.treasurer_person), "/documents/INV-000002")

    for particular in (
        "INV-000002",
        "22 November 2026",
        "22 December 2026",
        "Demonstration co-op",
        "GB999111188",
        "M99 9ZA" if settled.user.postcode == "M99 9ZA" else settled.user.postcode,
        "LSE-ONE",
        "VAT at 20 %",
        "2 fibre pairs",
        "1 October 2026 to 31 October 2026",
    ):
        assert particular in shown


def test_a_self_billed_invoice_carries_the_words_of_the_law(client, settled):
    treasurer = client.sign_in_as(settled.treasurer_person)
    registered, unregistered = page(treasurer, "/documents/SBI-000001"), page(treasurer, "/documents/SBI-000002")

    assert "The VAT shown is your output tax due to HMRC" in registered
    assert "The VAT shown is your output tax due to HMRC" not in unregistered
    assert "No VAT" in unregistered
    assert "SELF-BILLED INVOICE" in registered


def test_a_document_stays_as_it_was_issued(client, settled):
    settled.council.name, settled.council.address = "Another Name", "2 Other Street"
    settled.session.commit()
    shown = page(client.sign_in_as(settled.treasurer_person), "/documents/SBI-000001")

    assert "1 Demonstration Square" in shown
    assert "Another Name" not in shown


def test_a_member_sees_its_own_papers_and_no_others(client, api_client, settled):
    person = make_person(settled.session, settled.council, Role.FINANCE)
    finance, program = client.sign_in_as(person), api_client(person)

    listed = page(finance, "/documents")
    assert "SBI-000001" in listed
    assert all(number not in listed for number in ("INV-000001", "INV-000002", "SBI-000002"))
    assert "A new document" in page(finance, "/")
    assert finance.get("/statements").location == "/statements/council"
    assert page(finance, "/documents/SBI-000001")
    assert rows(finance.get("/documents/SBI-000001/lines.csv"))
    assert {item["number"] for item in program.get("/api/v1/documents").json["items"]} == {"SBI-000001"}
    for address in (
        "/documents/INV-000001",
        "/documents/INV-000001/lines.csv",
        "/statements/tramway",
        "/statements/user/lines.csv",
        "/documents/INV-999999",
    ):
        assert finance.get(address).status_code == 404
    assert program.get("/api/v1/documents/INV-000001").status_code == 404


def test_a_statement_adds_up_and_leads_to_the_working_of_each_fee(client, settled):
    finance = client.sign_in_as(make_person(settled.session, settled.council, Role.FINANCE))
    lines = settled.preview().settlement.lines
    fees = [line.fee_pence for line in lines if line.contributor == "council"]
    found = rows(finance.get("/statements/council/lines.csv"))

    assert sum(round(float(row["amount"]) * 100) for row in found) == sum(fees)
    shown = page(finance, "/statements/council")
    for position, line in enumerate(lines, start=1):
        assert (f"/charges/2026-10/{position}" in shown) == (line.contributor == "council")


def test_a_fee_is_traced_to_span_metres_days_and_tariff_line(client, settled):
    finance = client.sign_in_as(make_person(settled.session, settled.tramway, Role.FINANCE))
    lines = settled.preview().settlement.lines
    position = next(n for n, line in enumerate(lines, 1) if (line.lease, line.contributor) == ("LSE-ONE", "tramway"))
    shown = page(finance, f"/charges/2026-10/{position}")

    for part in ("B-C", "777 m", "2 pairs", "31 days", "£0.60", "pair_metre_year", "75 %", "the duct’s part"):
        assert part in shown
    assert "Demonstration tariff 2025" in shown
    foreign = next(n for n, line in enumerate(lines, 1) if line.contributor == "council")
    assert finance.get(f"/charges/2026-10/{foreign}").status_code == 404
    assert finance.get("/charges/2026-10/x").status_code == 404


AFFAIR_OF_THE_USER = (
    "Owed by user",
    "2,011 m",
    "4,022",
    "92 %",
    "36 months",
    "£2,220.14",
    "The price of a year",
    "lease year",
)
"""Of LSE-ONE: all its metres, its weight, its term, its price of a year."""


def test_what_a_lease_costs_is_told_to_its_user_and_to_staff_and_to_no_contributor(client, settled):
    lines = settled.preview().settlement.lines
    position = next(n for n, line in enumerate(lines, 1) if (line.lease, line.contributor) == ("LSE-ONE", "tramway"))
    whole_charge = f"£{lines[position - 1].working['segment_pence'] / 100:,.2f}"

    def traced(member, role):
        person = client.sign_in_as(make_person(settled.session, member, role))
        return page(person, f"/charges/2026-10/{position}")

    for shown in (traced(settled.user, Role.FINANCE), traced(None, Role.AUDITOR)):
        assert [part for part in (*AFFAIR_OF_THE_USER, whole_charge) if part not in shown] == []
    shown = traced(settled.tramway, Role.FINANCE)
    assert [part for part in (*AFFAIR_OF_THE_USER, whole_charge) if part in shown] == []


def test_a_contributor_is_given_its_own_part_of_a_working_and_no_more(settled):
    lines = settled.preview().settlement.lines
    finance = actor_of(make_person(settled.session, settled.council, Role.FINANCE))
    for position, line in enumerate(lines, 1):
        if line.contributor != "council":
            continue
        traced = reporting.trace_line(settled.session, finance, OCTOBER, position).line
        assert (traced.user, set(traced.working)) == ("", {"tariff", "policy", "price", "share"})
        assert set(traced.working["price"]) <= {"basis", "code", "rate_pence", "monthly_pence"}
        assert not {"weight", "weights"} & set(traced.working["share"])
        assert (traced.charge_pence, traced.fee_pence, traced.days) == (line.charge_pence, line.fee_pence, line.days)


def test_what_there_is_not_and_what_is_anothers_are_answered_alike(client, settled):
    finance = client.sign_in_as(make_person(settled.session, settled.tramway, Role.FINANCE))
    lines = settled.preview().settlement.lines
    foreign = next(n for n, line in enumerate(lines, 1) if line.contributor == "council")
    for address in (
        "/documents/INV-000001",
        "/documents/INV-999999",
        "/statements/council",
        "/statements/nobody",
        f"/charges/2026-10/{foreign}",
        "/charges/2026-10/9999",
        "/charges/2026-10/x",
    ):
        answer = finance.get(address)
        assert (answer.status_code, '<p class="lede">There is no such thing here.</p>' in answer.text) == (404, True)


def test_every_line_of_a_month_can_be_traced(client, settled):
    auditor = client.sign_in_as(make_person(settled.session, None, Role.AUDITOR))

    for position, line in enumerate(settled.preview().settlement.lines, start=1):
        assert line.lease in page(auditor, f"/charges/2026-10/{position}")


# The books ------------------------------------------------------------------------------------------------------------


def test_the_auditor_reads_the_books_and_changes_nothing(client, settled):
    auditor = client.sign_in_as(make_person(settled.session, None, Role.AUDITOR))

    assert "Charges to users" in page(auditor, "/ledger")
    assert "Nothing posted yet" in page(auditor, "/ledger?on=2026-09-30")
    assert auditor.get("/ledger?on=30+February").status_code == 422
    assert "INV-000001 for 2026-10" in page(auditor, "/ledger/journals?period=2026-11")
    assert "Hash of the journal before" in page(auditor, "/ledger/journals/2")
    assert "all sums agree" in page(auditor, "/ledger/verification")
    assert "Close October 2026" not in page(auditor, "/ledger/months")
    assert auditor.get("/ledger/journals/99").status_code == 404
    assert auditor.get("/ledger/journals/x").status_code == 404
    assert auditor.post("/ledger/months/2026-10/close").status_code == 403
    assert auditor.post("/ledger/journals/1/reverse", data={"reason": "Wrong"}).status_code == 403


def test_the_treasurer_closes_a_month_and_is_told_why_not(client, settled):
    treasurer = client.sign_in_as(settled.treasurer_person)

    assert treasurer.post("/ledger/months/2026-11/close").status_code == 409
    assert "Close October 2026" in page(treasurer, "/ledger/months")
    assert treasurer.post("/ledger/months/2026-10/close").status_code == 302
    assert "Close October 2026" not in page(treasurer, "/ledger/months")


def test_the_treasurer_cannot_reverse_what_a_document_stands_on(client, settled):
    treasurer = client.sign_in_as(settled.treasurer_person)
    answer = treasurer.post("/ledger/journals/2/reverse", data={"reason": "Wrong"})

    assert (answer.status_code, "INV-000001 stands on this journal" in answer.text) == (409, True)
    assert treasurer.post("/ledger/journals/2/reverse").status_code == 422


# The API --------------------------------------------------------------------------------------------------------------


def test_a_month_is_settled_over_the_api(api_client, books):
    treasurer, approver = api_client(books.treasurer_person), api_client(books.approver_person)
    address = "/api/v1/settlements/2026-10"
    preview = treasurer.get(address).json
    body = {"json": {"digest": preview["digest"]}}

    assert treasurer.get("/api/v1/settlements").json["items"][1] == {
        "period": "2026-10",
        "state": "open",
        "digest": None,
        "withheld": 0,
    }
    assert treasurer.post(f"{address}/issue", **body).status_code == 409
    assert treasurer.post(f"{address}/approve", **body).status_code == 403
    assert approver.post(f"{address}/approve", **body).json["state"] == "approved"
    issued = treasurer.post(f"{address}/issue", **body)
    assert (issued.status_code, issued.json["state"]) == (200, "issued")
    assert treasurer.post(f"{address}/issue", **body).json == issued.json
    assert treasurer.post(f"{address}/issue", json={}).status_code == 422

    document = treasurer.get("/api/v1/documents/INV-000001").json
    assert document["snapshot"]["number"] == document["number"] == "INV-000001"
    assert rows(treasurer.get("/api/v1/documents/INV-000001/lines.csv"))
    balance = treasurer.get("/api/v1/ledger/trial-balance?on=2026-10-31").json
    assert sum(account["amount_pence"] for account in balance["accounts"]) == 0
    assert treasurer.get("/api/v1/ledger/verification").json["first_wrong"] is None
