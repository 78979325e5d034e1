import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, field_validator, model_validator

from omneo_api.foundation.errors import Invalid
from omneo_api.foundation.fields import (
    Body,
    Bool,
    Date,
    DateTime,
    Dollars,
    Email,
    FieldError,
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
    PhoneNumber,
    Secret,
    Tags,
    Text,
    TimeOfDay,
    Timezone,
    Url,
    Uuid,
    parse_phone,
    partial,
    sent,
    validate,
)

ARRAY = "must be an array."
BOOLEAN = "must be true or false."
INTEGER = "must be an integer."
NUMBER = "must be a number."
DATE = "must be a valid date."
UUID_ = "must be a valid UUID."
FORMAT = "format is invalid."
ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


def only(annotation: Any) -> type[Body]:
    return type("Only", (Body,), {"__annotations__": {"my_field": annotation}})


def refused(model: type[Body], data: Any, prefix: str = "") -> dict[str, Any]:
    with pytest.raises(Invalid) as refusal:
        validate(model, data, prefix)
    assert all(len(texts) == 1 for texts in refusal.value.errors.values())
    return {path: texts[0] for path, texts in refusal.value.errors.items()}


def longer(characters: int) -> str:
    return f"must not be greater than {characters} characters."


@pytest.mark.parametrize(
    ("annotation", "value", "rule"),
    [
        (Annotated[Int, Field(ge=1)], "0", "must be at least 1."),
        (Annotated[Int, Field(gt=0)], 0, "must be greater than 0."),
        (Annotated[Int, Field(le=10)], 11, "must not be greater than 10."),
        (Annotated[Int, Field(lt=10)], 10, "must be less than 10."),
        (Annotated[Int, Field(multiple_of=5)], 6, "must be a multiple of 5."),
        (Annotated[Number, Field(ge=Decimal("0.10"))], 0.09, "must be at least 0.1."),
        (Annotated[Money, Field(le=100)], "100.0001", "must not be greater than 100."),
        (Annotated[Text, Field(max_length=5)], "x" * 300, longer(5)),
        (Annotated[Text, Field(max_length=5)] | None, "x" * 6, longer(5)),
        (Annotated[Text, Field(min_length=5)], "x", "must be at least 5 characters."),
        (Annotated[Email, Field(max_length=5)], "a@example.com", longer(5)),
        (Annotated[Text, Field(pattern="^a$")], "b", FORMAT),
        (Annotated[list[Text], Field(min_length=1)], [], "must have at least 1 items."),
        (Annotated[list[Text], Field(max_length=1)], ["a", "b"], "must not have more than 1 items."),
        (Annotated[Tags, Field(max_length=1)], ["a", "b"], "must not have more than 1 items."),
        (int, "x", INTEGER),
        (bool, "x", BOOLEAN),
        (float, "x", NUMBER),
        (date, "x", DATE),
        (UUID, "x", UUID_),
    ],
)
def test_constraints_have_the_texts_of_the_framework(annotation, value, rule):
    assert refused(only(annotation), {"my_field": value}) == {"my_field": f"The my field field {rule}"}


@pytest.mark.parametrize(
    ("annotation", "constraint", "value", "rule"),
    [
        (Int, {"ge": 1}, 0, "must be at least 1."),
        (Number, {"gt": 0}, "0.0", "must be greater than 0."),
        (Money, {"ge": Decimal("0.10")}, 0.09, "must be at least 0.1."),
        (Dollars, {"le": 100}, "100.01", "must not be greater than 100."),
        (Text, {"max_length": 5}, "x" * 300, longer(5)),
        (Secret, {"min_length": 32}, "x", "must be at least 32 characters."),
        (Handle, {"max_length": 5}, "x" * 6, longer(5)),
        (Email, {"max_length": 5}, "a@example.com", longer(5)),
        (Url, {"max_length": 5}, "https://a.test", longer(5)),
        (Tags, {"max_length": 1}, ["a", "b"], "must not have more than 1 items."),
        (DateTime, {"ge": datetime(2020, 1, 1, tzinfo=UTC)}, "2019-12-31", DATE),
        (Date, {"le": date(2020, 1, 1)}, "2020-01-02", DATE),
    ],
)
def test_a_constraint_holds_wherever_it_is_written(annotation, constraint, value, rule):
    behind = only(Annotated[annotation, Field(**constraint)])
    before = type("Before", (Body,), {"__annotations__": {"my_field": annotation}, "my_field": Field(**constraint)})
    nullable = only(Annotated[annotation | None, Field(**constraint)])
    for model in (behind, before, nullable, partial(behind), partial(before), partial(nullable)):
        assert refused(model, {"my_field": value}) == {"my_field": f"The my field field {rule}"}


def test_a_field_may_allow_longer_text_than_its_type():
    class Wide(Body):
        before: Text = Field(max_length=300)
        behind: Annotated[Text, Field(max_length=300)]

    assert len(validate(Wide, {"before": "x" * 300, "behind": "x" * 300}).before) == 300
    assert refused(Wide, {"before": "x" * 301, "behind": "x" * 301}).keys() == {"before", "behind"}


def test_constraints_beside_a_nullable_type_let_null_pass():
    class Limited(Body):
        count: Int | None = Field(None, ge=1)
        name: Text | None = Field(None, max_length=3)

    assert sent(validate(Limited, {"count": None, "name": ""})) == {"count": None, "name": None}
    assert refused(Limited, {"count": 0, "name": "four"}) == {
        "count": "The count field must be at least 1.",
        "name": f"The name field {longer(3)}",
    }


class Line(Body):
    quantity: Annotated[Int, Field(ge=1)]
    unit_price: Money
    pin: Secret = ""


class Order(Body):
    external_id: Text
    items: list[Line]
    customer: Line | None = None
    reference: Int | Line | list[Text] = 0
    by_name: dict[str, Line] = Field({})
    is_void: Bool = False
    title: Text = "none"


def test_every_failing_field_is_reported_at_once_under_its_dotted_path():
    data = {
        "external_id": None,
        "items": [{"quantity": 0}, {"quantity": 1, "unit_price": "x"}, 7],
        "customer": "x",
        "by_name": {"a": {"quantity": 1}},
        "is_void": None,
        "title": None,
    }
    assert refused(Order, data) == {
        "external_id": "The external id field is required.",
        "items.0.quantity": "The items.0.quantity field must be at least 1.",
        "items.0.unit_price": "The items.0.unit price field is required.",
        "items.1.unit_price": "The items.1.unit price field must be a number.",
        "items.2": "The items.2 field must be an array.",
        "customer": "The customer field must be an array.",
        "by_name.a.unit_price": "The by name.a.unit price field is required.",
        "is_void": "The is void field must be true or false.",
        "title": "The title field must be a string.",
    }


def test_missing_null_and_blank_required_fields_are_required():
    for value in ({}, {"my_field": None}, {"my_field": "  "}):
        for annotation in (Text, Int, Bool, Money, DateTime, Email, Meta, Tags, Literal["a"], Line, list[Line]):
            assert refused(only(annotation), value) == {"my_field": "The my field field is required."}
    assert validate(only(Json), {"my_field": None}).my_field is None
    assert refused(only(Json), {}) == {"my_field": "The my field field is required."}
    assert refused(only(Text | None), {}) == {"my_field": "The my field field is required."}


def test_a_prefix_stands_before_every_path():
    assert refused(Line, {"quantity": 1}, "rows.3") == {"rows.3.unit_price": "The rows.3.unit price field is required."}
    assert refused(Line, 7, "rows.3") == {"rows.3": "The rows.3 field must be an array."}
    assert refused(Line, 7) == {"body": "The request body must be an object."}


@pytest.mark.parametrize(
    ("value", "errors"),
    [
        ("x", {"reference": "The reference field must be an integer."}),
        ({"quantity": 1}, {"reference.unit_price": "The reference.unit price field is required."}),
        ([True], {"reference.0": "The reference.0 field must be a string."}),
        (
            {"Line": 1, "int": 2},
            {
                "reference.quantity": "The reference.quantity field is required.",
                "reference.unit_price": "The reference.unit price field is required.",
            },
        ),
    ],
)
def test_branches_of_unions_never_show(value, errors):
    assert refused(Order, {"external_id": "1", "items": [], "reference": value}) == errors


def test_nested_models_keep_their_secrets_and_take_the_empty_array_of_php():
    order = validate(Order, {"external_id": " 1 ", "items": [{"quantity": " 2 ", "unit_price": "1", "pin": " p "}]})
    assert (order.external_id, order.items[0].quantity, order.items[0].pin) == ("1", 2, " p ")

    class Holder(Body):
        options: Order | None = None
        extra: partial(Line)

    assert sent(validate(Holder, {"extra": []}).extra) == {}


def test_unknown_keys_are_ignored():
    assert sent(validate(Line, {"quantity": 1, "unit_price": 2, "id": 9, "links": {"a": []}})).keys() == {
        "quantity",
        "unit_price",
    }


class Born(Body):
    birth_day: Int | None = None
    birth_month: Int | None = None
    email: Email | None = None

    @field_validator("email")
    @classmethod
    def _own(cls, value: str | None) -> str | None:
        if value == "taken@example.com":
            raise ValueError("The {field} has already been taken.")
        return value

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.birth_day is None) != (self.birth_month is None):
            raise FieldError({"birth_day": "The {field} field is required with month.", "birth_month": "Give both."})
        return self


def test_rules_across_fields_name_their_fields():
    errors = {"birth_day": "The birth day field is required with month.", "birth_month": "Give both."}
    assert refused(Born, {"birth_month": 2}) == errors
    assert refused(only(list[Born]), {"my_field": [{"birth_day": 1}]}) == {
        "my_field.0.birth_day": "The my field.0.birth day field is required with month.",
        "my_field.0.birth_month": "Give both.",
    }
    assert refused(Born, {"birth_month": 2}, "rows.1").keys() == {"rows.1.birth_day", "rows.1.birth_month"}


def test_a_plain_value_error_is_the_text_of_its_field():
    assert refused(Born, {"email": "taken@example.com"}) == {"email": "The email has already been taken."}


class Made(Body):
    name: Annotated[Text, Field(max_length=5, description="What it is called")]
    handle: Handle
    note: Text | None = None
    count: Int = Field(1, ge=1)
    password: Secret = ""
    labels: Tags = Field(default_factory=list)

    @field_validator("handle")
    @classmethod
    def _lower(cls, value: str) -> str:
        return value.lower()

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if self.name is not None and self.name == self.handle:
            raise FieldError({"handle": "Same."})
        return self


def test_the_update_twin_requires_nothing_and_keeps_the_rules():
    twin = partial(Made)
    assert twin is partial(Made)
    assert issubclass(twin, Made)
    empty = validate(twin, {})
    assert sent(empty) == {}
    assert (empty.name, empty.count, empty.labels) == (None, None, None)
    assert sent(validate(twin, {"note": "", "handle": "ABC", "password": " "})) == {
        "handle": "abc",
        "note": None,
        "password": " ",
    }
    assert refused(twin, {"name": None, "handle": "a b", "count": 0, "labels": [""]}) == {
        "name": "The name field must be a string.",
        "handle": "The handle field format is invalid.",
        "count": "The count field must be at least 1.",
        "labels.0": "The labels.0 field is required.",
    }
    assert refused(twin, {"name": "sixsix"}) == {"name": f"The name field {longer(5)}"}
    assert refused(twin, {"name": "a", "handle": "a"}) == {"handle": "Same."}
    assert validate(Made, {"name": "a", "handle": "b"}).count == 1


def test_sent_is_only_what_the_request_held_in_the_order_of_the_model():
    made = validate(Made, {"handle": "h", "name": "n", "note": None})
    assert list(sent(made).items()) == [("name", "n"), ("handle", "h"), ("note", None)]


def test_secrets_do_not_show():
    class Login(Body):
        name: Text
        password: Secret | None = None

    assert repr(validate(Login, {"name": "me", "password": "hunter2"})) == "Login(name='me')"


class Everything(Body):
    text: Text
    long_text: LongText | None = None
    secret: Secret | None = None
    handle: Handle | None = None
    key: Key = "k"
    flag: Bool = False
    count: Annotated[Int, Field(ge=1, le=100)] = 1
    number: Number | None = None
    money: Annotated[Money, Field(ge=0)] | None = None
    dollars: Dollars | None = None
    at: DateTime | None = None
    local_at: NaiveOrAwareDateTime | None = None
    day: Date | None = None
    clock: TimeOfDay | None = None
    email: Email | None = None
    url: Url | None = None
    zone: Timezone | None = None
    uuid: Uuid | None = None
    anything: Json = None
    meta: Meta | None = None
    tags: Tags = Field([])
    systems: Handles = Field([])
    kind: Literal["a", "b"] = "a"
    lines: list[Line] = Field([])
    texts: dict[str, Text] = Field({})
    either: Int | list[Text] | Line | None = None


def test_the_schema_of_a_body_describes_what_it_takes():
    schema = Everything.model_json_schema()["properties"]
    assert schema["text"]["maxLength"] == 255
    assert (schema["count"]["type"], schema["count"]["minimum"], schema["count"]["maximum"]) == ("integer", 1, 100)
    assert schema["money"]["anyOf"][0]["minimum"] == 0
    assert [schema[name]["anyOf"][0]["format"] for name in ("at", "day", "email", "url", "uuid")] == [
        "date-time",
        "date",
        "email",
        "uri",
        "uuid",
    ]
    assert schema["tags"]["items"] == {"type": "string"}
    assert "default" not in partial(Made).model_json_schema()["properties"]["name"]
    assert partial(Made).model_json_schema()["properties"]["name"]["description"] == "What it is called"
    assert "required" not in partial(Made).model_json_schema()


FIELDS = [*Everything.model_fields, "unknown"]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["1", " 2025-02-03 ", "a@b.test", "https://a.test", "UTC", ID, "10:00", "1e400", "a", str(2**63)])
    | st.from_regex(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?", fullmatch=True
    )
    | st.from_regex(r"[^@]{1,8}@[^@]{1,8}\.[^@]{1,5}", fullmatch=True)
    | st.from_regex(r"https?://[^/]{1,8}/?.{0,3}", fullmatch=True)
)
VALUES = st.recursive(
    SCALARS,
    lambda below: (
        st.lists(below)
        | st.dictionaries(st.text() | st.sampled_from(["id", "handle", "quantity", "Line", "int"]), below)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES) | VALUES, st.sampled_from(["", "rows.0"]), st.booleans())
def test_any_json_becomes_a_model_or_an_invalid(data, prefix, update):
    model = partial(Everything) if update else Everything
    try:
        body = validate(model, data, prefix)
    except Invalid as refusal:
        errors = refusal.errors
    else:
        assert sent(body).keys() <= model.model_fields.keys()
        return
    assert errors
    for path, texts in errors.items():
        assert path == "body" or path.startswith(prefix)
        assert len(texts) == 1
        assert "{field}" not in texts[0] or "{field}" in json.dumps(data)


@pytest.mark.parametrize(
    ("value", "region", "number"),
    [
        ("0404 113 331", "AU", PhoneNumber("+61404113331", 61, "404113331", "0404113331")),
        ("+61 (404) 113-331", "US", PhoneNumber("+61404113331", 61, "404113331", "0404113331")),
        ("0404113331", "au", PhoneNumber("+61404113331", 61, "404113331", "0404113331")),
        ("(415) 555-2671 ext. 9", "US", PhoneNumber("+14155552671", 1, "4155552671", "4155552671")),
        ("02 1234 5678", "IT", PhoneNumber("+390212345678", 39, "0212345678", "0212345678")),
    ],
)
def test_phones_are_read(value, region, number):
    assert parse_phone(value, region) == number


@pytest.mark.parametrize("value", ["", "x", "123", "+61404", "+999123456789", "0" * 5000, "\x00", "04041133310000"])
def test_invalid_phones_are_none(value):
    assert parse_phone(value, "AU") is None


@given(st.text(), st.sampled_from(["AU", "GB", "ZZ", ""]))
def test_any_text_is_a_phone_or_none(value, region):
    found = parse_phone(value, region)
    assert found is None or found.e164.startswith("+")
