from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import email_validator
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omneo_api.foundation.errors import Errors, Invalid
from omneo_api.foundation.fields import (
    Body,
    Bool,
    Date,
    DateTime,
    Dollars,
    Email,
    Handle,
    Handles,
    Int,
    Json,
    Key,
    LongText,
    Meta,
    Money,
    NaiveOrAwareDateTime,
    Number,
    Secret,
    Tags,
    Text,
    TimeOfDay,
    Timezone,
    Url,
    Uuid,
    validate,
)
from omneo_api.foundation.validation import said, timezones, to_email, to_int

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


def only(annotation: Any) -> type[Body]:
    return type("Only", (Body,), {"__annotations__": {"my_field": annotation}})


def errors_of(annotation: Any, value: Any) -> Errors:
    with pytest.raises(Invalid) as refusal:
        validate(only(annotation), {"my_field": value})
    return refusal.value.errors


AEST = timezone(timedelta(hours=10))
ACCEPTED = [
    (Text, "  x ", "x"),
    (Text, "a\nb", "a\nb"),
    (Text, 12, "12"),
    (Text, 1.5, "1.5"),
    (Text, "x" * 255, "x" * 255),
    (LongText, "x" * 70_000, "x" * 70_000),
    (Secret, "  x ", "  x "),
    (Secret, "", ""),
    (Secret, 12345, "12345"),
    (Handle, "a-B_c.9", "a-B_c.9"),
    (Handle, " 1a ", "1a"),
    (Key, "2024", "2024"),
    (Key, 2024, "2024"),
    *[(Bool, value, True) for value in (True, 1, "1", "true", " true ")],
    *[(Bool, value, False) for value in (False, 0, "0", "false")],
    (Int, 7, 7),
    (Int, 7.0, 7),
    (Int, "-7", -7),
    (Int, "007", 7),
    (Int, 2**63 - 1, 2**63 - 1),
    (Int, str(-(2**63)), -(2**63)),
    (Number, 7, Decimal(7)),
    (Number, 0.1, Decimal("0.1")),
    (Number, "1.50", Decimal("1.50")),
    (Number, "-.5", Decimal("-0.5")),
    (Number, "1e3", Decimal(1000)),
    (Number, -0.0, Decimal(0)),
    (Number, 5e-324, Decimal(0)),
    (Number, "99999999999999.99999999999999999999", Decimal("99999999999999.99999999999999999999")),
    (Money, 1.00005, Decimal("1.0001")),
    (Money, "-1.00005", Decimal("-1.0001")),
    (Money, 49.99, Decimal("49.99")),
    (Dollars, 2.675, Decimal("2.68")),
    (Dollars, "0.005", Decimal("0.01")),
    (Dollars, "-0.001", Decimal(0)),
    (DateTime, "2025-02-03 04:05:06", datetime(2025, 2, 3, 4, 5, 6, tzinfo=UTC)),
    (DateTime, "2030-12-06", datetime(2030, 12, 6, tzinfo=UTC)),
    (DateTime, "2025-02-03T04:05:06.999999999Z", datetime(2025, 2, 3, 4, 5, 6, tzinfo=UTC)),
    (DateTime, "2025-02-03T04:05:06+10:00", datetime(2025, 2, 2, 18, 5, 6, tzinfo=UTC)),
    (DateTime, "2025-02-03T04:05:06-0330", datetime(2025, 2, 3, 7, 35, 6, tzinfo=UTC)),
    (DateTime, "2025-02-03 04:05", datetime(2025, 2, 3, 4, 5, tzinfo=UTC)),
    (DateTime, "9999-12-31 23:59:59", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    (NaiveOrAwareDateTime, "2025-02-03 04:05:06", datetime(2025, 2, 3, 4, 5, 6)),  # noqa: DTZ001
    (NaiveOrAwareDateTime, "2025-02-03T04:05:06.7+10:00", datetime(2025, 2, 3, 4, 5, 6, tzinfo=AEST)),
    (Date, "2024-02-29", date(2024, 2, 29)),
    (Date, "1989-01-01T23:00:00.000+11:00", date(1989, 1, 1)),
    (TimeOfDay, "09:30", time(9, 30)),
    (TimeOfDay, "23:59:58", time(23, 59, 58)),
    (Email, " X_1@Example.COM ", "x_1@example.com"),
    (Email, "a@depersonalised.invalid", "a@depersonalised.invalid"),
    (Email, "b@localhost.test", "b@localhost.test"),
    (Email, "o'neil+tag@sub.example.co", "o'neil+tag@sub.example.co"),
    (Email, "jürgen@müller.example", "jürgen@müller.example"),
    (Url, "https://example.com", "https://example.com"),
    (Url, "HTTPS://Example.com:8443/a%20b/?q=1#x", "HTTPS://Example.com:8443/a%20b/?q=1#x"),
    (Url, "http://localhost/ä", "http://localhost/ä"),
    (Url, "myapp://open/rewards", "myapp://open/rewards"),
    (Timezone, "Australia/Melbourne", "Australia/Melbourne"),
    (Timezone, "UTC", "UTC"),
    (Uuid, ID, UUID(ID)),
    (Uuid, ID.upper(), UUID(ID)),
    *[(Json, value, value) for value in (None, "", " x ", 1, True, [" "], {"a": {"b": " "}})],
    (Meta, {"a": " x ", "b": [""]}, {"a": " x ", "b": [""]}),
    (Meta, [" x "], [" x "]),
    (Meta, [], {}),
    (Meta, {}, {}),
    (Meta, {"big": 2**70}, {"big": 2**70}),
    (
        Tags,
        [" mobile \t app ", "b", "mobile-app", {"handle": "c d"}, {"id": 4}, {"id": "4"}, 5],
        ["mobile-app", "b", "c-d", 4, "5"],
    ),
    (Tags, [{"id": 1, "handle": "x"}, {"id": 2, "handle": None}], ["x", 2]),
    (Tags, [], []),
    (Tags, ["x" * 191], ["x" * 191]),
    (Handles, [" my pos ", "web", {"handle": "web"}, {"id": 3}], ["my pos", "web", 3]),
    (list[Text], [" a ", 2], ["a", "2"]),
    (list[Text | None], ["", None], [None, None]),
    (list[list[Text]], [[" a "]], [["a"]]),
    (dict[str, Text], {"a": " x "}, {"a": "x"}),
    (dict[str, dict[str, Text | None]], {"a": {"b": "  "}}, {"a": {"b": None}}),
    (dict[str, Any], {"a": " x "}, {"a": " x "}),
    (list[Secret], [" x ", ""], [" x ", ""]),
    (Literal["a", "b"], " a ", "a"),
    (Text | None, "  ", None),
    (Text | None, None, None),
    (Secret | None, " ", " "),
    (Meta | None, "", None),
    (Int | Text, "x", "x"),
]


@pytest.mark.parametrize(("annotation", "value", "result"), ACCEPTED)
def test_accepted_values(annotation, value, result):
    found = validate(only(annotation), {"my_field": value}).my_field
    assert found == result
    assert type(found) is type(result)


def test_accepted_times_are_in_utc_or_keep_their_zone():
    assert validate(only(DateTime), {"my_field": "2025-02-03T04:05:06+10:00"}).my_field.tzinfo is UTC
    assert validate(only(NaiveOrAwareDateTime), {"my_field": "2025-02-03"}).my_field.tzinfo is None


STRING = "must be a string."
ARRAY = "must be an array."
BOOLEAN = "must be true or false."
INTEGER = "must be an integer."
NUMBER = "must be a number."
DATE = "must be a valid date."
CLOCK = "must be a valid time."
EMAIL = "must be a valid email address."
URL = "must be a valid URL."
ZONE = "must be a valid timezone."
UUID_ = "must be a valid UUID."
FORMAT = "format is invalid."
REQUIRED = "is required."


def longer(characters: int) -> str:
    return f"must not be greater than {characters} characters."


REFUSED = [
    *[
        (kind, value, STRING)
        for kind in (Text, LongText, Secret, Handle)
        for value in (True, False, {}, {"a": 1}, ["x"])
    ],
    (Text, "x" * 256, longer(255)),
    (Secret, "x" * 4097, longer(4096)),
    (Handle, "x" * 256, longer(255)),
    *[(Handle, value, FORMAT) for value in ("a b", "a/b", "a:b", "é", "2024", 2024, "a\nb", "\uff11a")],
    *[(Key, value, FORMAT) for value in ("a b", "a:b", "٣")],
    *[(Bool, value, BOOLEAN) for value in (2, 1.0, "yes", "TRUE", "on", [], {}, [True])],
    *[
        (Int, value, INTEGER)
        for value in (1.5, True, "1.0", "x", "1_000", "+1", "\u0661", [], {}, 2**63, -(2**63) - 1, "9" * 25, 1e300)
    ],
    *[
        (Number, value, NUMBER)
        for value in (True, "x", "1_0", "nan", "inf", "0x1", "\u0661", "1" * 401, [], {}, float("nan"), float("inf"))
    ],
    *[(kind, 10**14, "must not be greater than 99999999999999.") for kind in (Number, Money, Dollars)],
    *[(Number, value, "must not be greater than 99999999999999.") for value in ("1e9999", 1e300, 10**4000)],
    *[(Number, value, "must be at least -99999999999999.") for value in ("-1e14", -(10**4000))],
    (Dollars, "99999999999999.999", "must not be greater than 99999999999999."),
    *[
        (kind, value, DATE)
        for kind in (DateTime, NaiveOrAwareDateTime, Date)
        for value in (
            "2025-02-30",
            "0000-00-00",
            "0001-01-01",
            "0999-12-31 00:00:00",
            "12025-01-01",
            "2025-1-1",
            "20250101",
            "2025-W01-1",
            "2025-01-01 24:00:00",
            "2025-01-01 10:00:60",
            "2025-01-01 10",
            "2025-01-01T10:00:00+24:00",
            "tomorrow",
            "٢٠٢٥-01-01",
            1735689600,
            True,
            [],
            {},
        )
    ],
    (DateTime, "9999-12-31T23:59:59-01:00", DATE),
    (DateTime, "1000-01-01T00:00:00+01:00", DATE),
    *[(TimeOfDay, value, CLOCK) for value in ("24:00", "9:30", "09:60", "0930", "09:30:00.5", "09:30Z", 930, {})],
    *[
        (Email, value, EMAIL)
        for value in (
            "x",
            "x@",
            "@x.test",
            "a@b",
            "a b@c.test",
            "a..b@c.test",
            "a@-c.test",
            "a@[127.0.0.1]",
            "A <a@c.test>",
            1,
            True,
            [],
            {},
        )
    ],
    (Email, "x" * 65 + "@" + "y" * 60 + "." + "z" * 60 + "." + "w" * 60 + ".example", longer(255)),
    *[
        (Url, value, URL)
        for value in (
            "example.com",
            "//example.com",
            "http://",
            "http:///x",
            "https://a b.test",
            "https://a.test/\nx",
            "javascript://x/%0aalert(1)",
            "mailto:a@b.test",
            "data:text/html,x",
            "http://a.test:99999",
            "http:\\\\a.test",
            1,
            True,
            [],
            {},
        )
    ],
    (Url, "https://a.test/" + "x" * 2048, longer(2048)),
    *[
        (Timezone, value, ZONE)
        for value in ("Mars/Base", "australia/melbourne", "../../etc/passwd", "localtime", "Factory", 10, True, [], {})
    ],
    *[(Uuid, value, UUID_) for value in ("x", ID.replace("-", ""), "{" + ID + "}", "urn:uuid:" + ID, 1, True, [], {})],
    *[(Meta, value, ARRAY) for value in ("x", 1, True, 1.5)],
    (Meta, {"a": "x" * 65_536}, "must not be greater than 64 kilobytes."),
    (Meta, {"a": 2**70, "b": "x" * 65_536}, "must not be greater than 64 kilobytes."),
    *[(kind, value, ARRAY) for kind in (Tags, Handles) for value in ("x", 1, True, {"a": 1}, {})],
    *[(kind, ["x"] * 1001, "must not have more than 1000 items.") for kind in (Tags, Handles)],
    (Literal["a", "b"], "A", "SELECTED"),
    (Literal["a", "b"], ["a"], "SELECTED"),
    (list[Text], "x", ARRAY),
    (dict[str, Text], [1], ARRAY),
]


@pytest.mark.parametrize(("annotation", "value", "rule"), REFUSED)
def test_refused_values(annotation, value, rule):
    text = "The selected my field is invalid." if rule == "SELECTED" else f"The my field field {rule}"
    assert errors_of(annotation, value) == {"my_field": [text]}


@pytest.mark.parametrize(
    ("annotation", "value", "rule"),
    [
        *[(kind, value, REQUIRED) for kind in (Tags, Handles) for value in ("", "  ", None, {}, {"handle": ""})],
        *[(kind, value, STRING) for kind in (Tags, Handles) for value in (True, ["a"], {"handle": True})],
        (Tags, {"id": "x"}, INTEGER),
        (Tags, "x" * 192, longer(191)),
        (Handles, "x" * 256, longer(255)),
        (list[Text], None, STRING),
        (list[Text], True, STRING),
    ],
)
def test_refused_items_are_named_by_their_index(annotation, value, rule):
    assert errors_of(annotation, ["fine", value]) == {"my_field.1": [f"The my field.1 field {rule}"]}


@given(st.from_regex(r"[a-zA-Z0-9_+.-]{1,70}@[a-zA-Z0-9.-]{1,80}\.[a-z]{1,8}", fullmatch=True))
def test_the_quick_email_rule_agrees_with_the_library(address):
    try:
        full = email_validator.validate_email(address.lower(), check_deliverability=False).normalized.lower()
    except email_validator.EmailNotValidError:
        full = None
    try:
        quick = to_email(address)
    except ValueError:
        quick = None
    assert quick == full


def test_rules_can_be_asked_outside_a_body():
    with pytest.raises(ValueError, match="must be an integer") as refusal:
        to_int("x")
    assert said(refusal.value, "filter.location_id") == "The filter.location id field must be an integer."
    assert timezones() is timezones()
