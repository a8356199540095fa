"""Runs pyairtable against the sandbox. A response that pyairtable's models accept has the shape of Airtable's own.

    session.py ENDPOINT TOKEN NARROW_TOKEN SANDBOX

TOKEN has access to all bases, NARROW_TOKEN only to the base "Event planning" and not to its records. SANDBOX is the URL of
the sandbox, whose settings some steps change. The last line of the output is JSON: the number of calls and the steps that
passed. pyairtable parses schemas and comments with pydantic models, which reject an unexpected shape, and records with typed
dicts.
"""

import datetime
import json
import sys

import requests
from pyairtable import Api
from pyairtable.formulas import AND, EQ, FIND, GT, IS_AFTER, LOWER, NOT, OR, RECORD_ID, Field, match
from pyairtable.models.schema import FieldType, UnknownFieldConfig, UnknownFieldSchema
from pyairtable.orm import Model, fields

ENDPOINT, TOKEN, NARROW_TOKEN, SANDBOX = sys.argv[1:5]

calls = 0
passed = []


def call(function, *arguments, **options):
    """Calls the library and counts the call."""
    global calls
    calls += 1
    return function(*arguments, **options)


def rejected(status, kind, function, *arguments, **options):
    """Fails unless the call raises this HTTP status and type of error."""
    try:
        call(function, *arguments, **options)
    except requests.HTTPError as error:
        body = error.response.json()["error"]
        found = (error.response.status_code, body if isinstance(body, str) else body["type"])
        assert found == (status, kind), found
    else:
        raise AssertionError(f"{kind} was not raised")


def settings(**changes):
    requests.post(f"{SANDBOX}/__sandbox/config", json=changes, timeout=10).raise_for_status()


def step(function):
    function()
    passed.append(function.__name__.replace("_", " "))


api = Api(TOKEN, endpoint_url=ENDPOINT, retry_strategy=None, timeout=(5, 30))
settings(limits=False)
bases = {base.name: base for base in call(api.bases)}
studio = bases["Studio CRM"]
invoices = studio.table("Invoices")


@step
def current_user():
    me = call(api.whoami)
    assert me["id"].startswith("usr") and "schema.bases:read" in me["scopes"], me
    assert me["email"] == "sam.rivers@birch-studio.example", me


@step
def paged_bases():
    settings(airtable={"bases_page_size": 1})
    assert [base.name for base in call(api.bases, force=True)] == ["Product launches", "Event planning", "Studio CRM"]
    settings(airtable={"bases_page_size": 1000})
    known = call(api.base, studio.id, validate=True, force=True)
    assert known.permission_level == "read", known


@step
def schemas_parsed_by_models():
    seen = set()
    for base in bases.values():
        for table in call(base.schema).tables:
            assert table.field(table.primary_field_id) is table.fields[0]
            for field in table.fields:
                # pyairtable reads a field that doesn't match the model of its type as a field of unknown type.
                assert not isinstance(field, UnknownFieldSchema), field
                result = getattr(getattr(field, "options", None), "result", None)
                assert not isinstance(result, UnknownFieldConfig), field
                seen.add(FieldType(field.type))
            for view in table.views:
                assert (view.visible_field_ids is not None) == (view.type == "grid"), view
    assert seen == set(FieldType) - {FieldType.MANUAL_SORT}, set(FieldType) - seen


@step
def all_records_of_all_tables():
    total = 0
    for base in bases.values():
        for table in call(base.tables):
            records = call(table.all)
            assert len({record["id"] for record in records}) == len(records)
            total += len(records)
    assert total == 1500, total


@step
def pages():
    assert [len(page) for page in call(invoices.iterate, page_size=50, max_records=120)] == [50, 50, 20]
    assert call(invoices.first)["fields"]["Number"] == 1
    assert call(invoices.first, formula="{Number} > 1000000") is None


@step
def formulas():
    every = call(invoices.all)
    amount = lambda record: record["fields"].get("Amount", 0)
    large = call(invoices.all, formula=GT(Field("Amount"), 5000))
    assert {record["id"] for record in large} == {record["id"] for record in every if amount(record) > 5000}
    sent = call(invoices.all, formula=match({"Sent": True, "Amount": (">", 1000)}))
    assert len(sent) == sum(1 for record in every if record["fields"].get("Sent") and amount(record) > 1000) > 0
    since = datetime.date(2024, 1, 1)
    late = call(invoices.all, formula=IS_AFTER(Field("Due"), since))
    assert len(late) == sum(1 for record in every if record["fields"]["Due"] > "2024-01-01") > 0
    web = call(invoices.all, formula=AND(FIND("website", LOWER(Field("Subject of project"))), NOT(EQ(Field("Paid"), ""))))
    assert web and all("website" in record["fields"]["Subject of project"] for record in web)
    wanted = [record["id"] for record in every[5:8]]
    found = call(invoices.all, formula=OR(EQ(RECORD_ID(), record) for record in wanted))
    assert [record["id"] for record in found] == wanted
    # Too long for a URL, so pyairtable posts it.
    many = call(invoices.all, formula=OR(EQ(RECORD_ID(), record["id"]) for record in every * 4), page_size=40)
    assert len(many) == len(every)


@step
def sorts_fields_and_views():
    ordered = call(invoices.all, sort=["-Amount", "Number"], fields=["Amount"])
    amounts = [record["fields"].get("Amount", -1) for record in ordered]
    assert amounts == sorted(amounts, reverse=True) and len(amounts) == 180
    assert {name for record in ordered for name in record["fields"]} == {"Amount"}
    unpaid = call(invoices.all, view="Unpaid")
    assert 0 < len(unpaid) < 180 and all("Paid" not in record["fields"] for record in unpaid)
    by_id = call(invoices.all, view="Unpaid", use_field_ids=True)
    schema = call(invoices.schema)
    names = [{schema.field(name).name for name in record["fields"]} for record in by_id]
    assert names == [set(record["fields"]) for record in unpaid]


@step
def cells_as_text():
    text = {"cell_format": "string", "time_zone": "Europe/Berlin", "user_locale": "en-gb"}
    records = call(bases["Product launches"].table("Launches").all, **text)
    assert all(isinstance(cell, str) for record in records for cell in record["fields"].values())
    one = call(invoices.get, call(invoices.first, formula="{Sent}")["id"], **text)
    assert one["fields"]["Sent"] == "checked", one


@step
def one_record_and_its_comments():
    records = call(invoices.all, count_comments=True)
    busy = max(records, key=lambda record: record["commentCount"])
    whole = call(invoices.get, busy["id"])
    assert whole["fields"] == busy["fields"]
    comments = call(invoices.comments, busy["id"])
    assert len(comments) == busy["commentCount"] > 1
    times = [comment.created_time for comment in comments]
    assert times == sorted(times, reverse=True) and comments[0].author.email.endswith("@birch-studio.example")
    others = [record["id"] for record in records if record["commentCount"] > 2]
    everything = comments + [comment for record in others for comment in call(invoices.comments, record)]
    assert any(person.type == "user" for comment in everything for person in comment.mentioned.values())
    assert any(reaction.emoji == "👍" for comment in everything for reaction in comment.reactions)
    assert any(comment.parent_comment_id for comment in everything)


class Project(Model):
    class Meta:
        base_id = studio.id
        table_name = "Projects"
        api_key = TOKEN

    name = fields.TextField("Project", readonly=True)
    fee = fields.CurrencyField("Fee")
    begins = fields.DateField("Begins")


class Invoice(Model):
    class Meta:
        base_id = studio.id
        table_name = "Invoices"
        api_key = TOKEN

    number = fields.AutoNumberField("Number")
    amount = fields.CurrencyField("Amount")
    tax = fields.PercentField("Tax")
    due = fields.DateField("Due")
    sent = fields.CheckboxField("Sent")
    changed = fields.LastModifiedTimeField("Last change")
    project = fields.SingleLinkField("Project", Project)


@step
def models():
    Invoice.meta.api.endpoint_url = Project.meta.api.endpoint_url = api.endpoint_url
    for model in (Invoice, Project):
        assert model.meta.api.endpoint_url == api.endpoint_url, "the models use the sandbox"
    found = call(Invoice.all, formula=AND(Field("Project"), Invoice.amount.gt(2000)))
    assert found and all(invoice.amount > 2000 and isinstance(invoice.due, datetime.date) for invoice in found)
    assert all(isinstance(invoice.changed, datetime.datetime) for invoice in found)
    project = call(lambda: found[0].project)
    assert isinstance(project, Project) and project.name, project
    assert call(Invoice.from_id, found[0].id).number == found[0].number


@step
def rejected_requests():
    rejected(404, "NOT_FOUND", invoices.get, "recAAAAAAAAAAAAAA")
    rejected(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", studio.table("Nothing").all)
    rejected(403, "INVALID_PERMISSIONS", invoices.create, {"Amount": 1})
    rejected(403, "INVALID_PERMISSIONS", invoices.update, "recAAAAAAAAAAAAAA", {"Amount": 1})
    rejected(403, "INVALID_PERMISSIONS", invoices.delete, "recAAAAAAAAAAAAAA")
    rejected(403, "INVALID_PERMISSIONS", invoices.add_comment, "recAAAAAAAAAAAAAA", "Hello")
    rejected(422, "INVALID_FILTER_BY_FORMULA", invoices.all, formula="AND({Amount}")
    rejected(422, "INVALID_FILTER_BY_FORMULA", invoices.all, formula=EQ(Field("Nobody"), 1))
    rejected(422, "UNKNOWN_FIELD_NAME", invoices.all, fields=["Nobody"])
    rejected(422, "VIEW_NAME_NOT_FOUND", invoices.all, view="Nobody")
    rejected(422, "INVALID_REQUEST_UNKNOWN", invoices.all, page_size=101)
    rejected(422, "INVALID_REQUEST_UNKNOWN", invoices.all, cell_format="string")
    nobody = Api("oaa-made-up", endpoint_url=ENDPOINT, retry_strategy=None)
    rejected(401, "AUTHENTICATION_REQUIRED", nobody.whoami)
    narrow = Api(NARROW_TOKEN, endpoint_url=ENDPOINT, retry_strategy=None)
    assert [base.name for base in call(narrow.bases)] == ["Event planning"]
    rejected(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", narrow.table(bases["Event planning"].id, "Guests").all)
    rejected(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", narrow.base(studio.id).schema)


@step
def stale_offsets():
    settings(airtable={"stale_iterator_after": 2})
    rejected(422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE", invoices.all, page_size=30)
    assert len(call(invoices.all, page_size=30)) == 180
    settings(airtable={"stale_iterator_after": None})


@step
def rate_limits():
    settings(limits=True, airtable={"penalty_seconds": 2})
    for _ in range(5):
        call(invoices.first)
    rejected(429, "RATE_LIMIT_REACHED", invoices.first)
    # With its default retries, pyairtable waits until the penalty is over.
    patient = Api(TOKEN, endpoint_url=ENDPOINT)
    assert call(patient.table(studio.id, "Invoices").first)["fields"]["Number"] == 1
    settings(limits=False, airtable={"penalty_seconds": 30})


print(json.dumps({"calls": calls, "passed": passed}))
