import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omneo_api.foundation.bodies import check_text, parse_body, parse_brackets
from omneo_api.foundation.errors import BadRequest, Invalid, UnsupportedMediaType

FORM = "application/x-www-form-urlencoded"
NESTED = "The request body is nested deeper than 64 levels."


@pytest.mark.parametrize("raw", [b"", b" \r\n\t "])
@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain", FORM, "image/png"])
def test_an_empty_body_is_an_empty_object(raw, content_type):
    assert parse_body(raw, content_type) == {}


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "text/plain;charset=UTF-8",
        "text/json",
        "application/vnd.api+json",
    ],
)
def test_json_is_read_under_every_json_like_content_type(content_type):
    assert parse_body(b'{"a":[1,1.5,null,true,"\xc3\xa4"]}', content_type) == {"a": [1, 1.5, None, True, "ä"]}


@pytest.mark.parametrize("content_type", ["text/html", "application/xml", "multipart/form-data; boundary=x", "json"])
def test_other_content_types_are_refused(content_type):
    with pytest.raises(UnsupportedMediaType):
        parse_body(b"{}", content_type)


def test_a_byte_order_mark_is_skipped():
    assert parse_body(b'\xef\xbb\xbf{"a":1}', None) == {"a": 1}


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"nope",
        b'{"a":1,}',
        b"{'a':1}",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":-1e999}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\x00"}',
        b'{"a":1} x',
        '{"a":1}'.encode("utf-16"),
    ],
)
def test_malformed_json_is_a_bad_request(raw):
    with pytest.raises(BadRequest) as refusal:
        parse_body(raw, "application/json")
    assert refusal.value.message == "Malformed JSON in request body."


def nested(levels: int, opening: bytes = b'{"a":', innermost: bytes = b"1", closing: bytes = b"}") -> bytes:
    return opening * levels + innermost + closing * levels


def test_64_levels_are_read():
    assert "a" in parse_body(nested(64), None)
    assert parse_body(b'{"a":' + nested(63, b"[", b"", b"]") + b',"b":"' + b"[" * 99 + b'"}', None)["b"]


@pytest.mark.parametrize(
    "raw",
    [
        nested(65),
        b'{"a":' + nested(64, b"[", b"", b"]") + b"}",
        b'{"a":1,"b":[{},' + nested(63) + b"]}",
        nested(100_000, b"[", b"", b"]"),
        nested(100_000),
    ],
)
def test_deeper_bodies_are_a_bad_request(raw):
    with pytest.raises(BadRequest) as refusal:
        parse_body(raw, None)
    assert refusal.value.message == NESTED


@pytest.mark.parametrize("raw", [b"[]", b'[{"a":1}]', b'"text"', b"1", b"null", b"true"])
def test_what_is_no_object_is_invalid(raw):
    with pytest.raises(Invalid) as refusal:
        parse_body(raw, None)
    assert refusal.value.errors == {"body": ["The request body must be an object."]}


NUL = "The {} field must not contain NUL characters."
SURROGATE = "The {} field must be valid Unicode text."


@pytest.mark.parametrize(
    ("raw", "errors"),
    [
        (rb'{"first_name":"a\u0000"}', {"first_name": NUL.format("first name")}),
        (rb'{"a":[{"b_c":"\ud800"}]}', {"a.0.b_c": SURROGATE.format("a.0.b c")}),
        (rb'{"a":"\uDFFF","b":"\u0000"}', {"a": SURROGATE.format("a"), "b": NUL.format("b")}),
        (rb'{"meta":{"x\u0000":1}}', {"meta.x?": NUL.format("meta.x?")}),
        (rb'{"meta":{"\udc00":1}}', {"meta.?": SURROGATE.format("meta.?")}),
    ],
)
def test_text_that_cannot_be_stored_is_invalid_at_its_path(raw, errors):
    with pytest.raises(Invalid) as refusal:
        parse_body(raw, None)
    assert refusal.value.errors == {path: [text] for path, text in errors.items()}
    assert json.loads(refusal.value.body())["errors"] == refusal.value.errors


@pytest.mark.parametrize(
    ("raw", "text"),
    [(rb'{"a":"\\u0000"}', "\\u0000"), (rb'{"a":"\ud83d\ude00"}', "😀"), (rb'{"a":"\\ud800"}', "\\ud800")],
)
def test_escapes_that_mean_proper_text_are_read(raw, text):
    assert parse_body(raw, None) == {"a": text}


def test_texts_outside_bodies_are_checked_with_a_prefix():
    with pytest.raises(Invalid) as refusal:
        check_text({"name": "\x00"}, "filter")
    assert list(refusal.value.errors) == ["filter.name"]
    check_text({"name": ["fine"]})


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (b"grant_type=password&username=a%40b.test", {"grant_type": "password", "username": "a@b.test"}),
        (b"a=1&a=2", {"a": "2"}),
        (b"a=x+y&b=", {"a": "x y", "b": ""}),
        (b"a[b]=1&a[c][d]=2", {"a": {"b": "1", "c": {"d": "2"}}}),
        (b"a%5Bb%5D=1", {"a": {"b": "1"}}),
        (b"a[]=1&a[]=2", {"a": ["1", "2"]}),
        (b"a[0][b]=1&a[1][b]=2", {"a": [{"b": "1"}, {"b": "2"}]}),
        (b"a[1]=y&a[0]=x", {"a": ["x", "y"]}),
        (b"a[1]=y", {"a": {"1": "y"}}),
        (b"a[0]=x&a[k]=y", {"a": {"0": "x", "k": "y"}}),
        (b"0=a&1=b", {"0": "a", "1": "b"}),
        ("n=ä".encode(), {"n": "ä"}),
    ],
)
def test_forms_are_read_with_php_keys(raw, body):
    assert parse_body(raw, f"{FORM}; charset=UTF-8") == body


@pytest.mark.parametrize(
    "raw", [b"a=%ff", b"a=\xff", b"a[b=1", b"a[b]c=1", b"a" + b"[x]" * 17 + b"=1", b"&".join([b"a=1"] * 10_001)]
)
def test_malformed_forms_are_bad_requests(raw):
    with pytest.raises(BadRequest):
        parse_body(raw, FORM)


@pytest.mark.parametrize("raw", [b"a[b]=%00", b"a[b]=\x00"])
def test_nul_in_a_form_is_invalid(raw):
    with pytest.raises(Invalid) as refusal:
        parse_body(raw, FORM)
    assert list(refusal.value.errors) == ["a.b"]


@pytest.mark.parametrize(
    ("pairs", "nested"),
    [
        ([("filter[id][in][0]", "1"), ("filter[id][in][1]", "2")], {"filter": {"id": {"in": {"0": "1", "1": "2"}}}}),
        ([("filter[id][in][]", "1"), ("filter[id][in][]", "2")], {"filter": {"id": {"in": ["1", "2"]}}}),
        ([("filter[systems.handle]", "pos")], {"filter": {"systems.handle": "pos"}}),
        ([("attributes[0][value][in]", "a,b")], {"attributes": {"0": {"value": {"in": "a,b"}}}}),
        ([("a[][b]", "1"), ("a[][b]", "2")], {"a": [{"b": "1"}, {"b": "2"}]}),
        ([("a[]", "1"), ("a[x]", "2"), ("a[]", "3")], {"a": {"0": "1", "x": "2", "1": "3"}}),
        ([("a[5]", "1"), ("a[]", "2")], {"a": {"5": "1", "6": "2"}}),
        ([("a", "1"), ("a[b]", "2")], {"a": {"b": "2"}}),
        ([("a[b]", "2"), ("a", "1")], {"a": "1"}),
        ([("a[b]", "1"), ("a[b][c]", "2")], {"a": {"b": {"c": "2"}}}),
        ([("page", "1"), ("page", "2")], {"page": "2"}),
        ([("", "1"), ("[a]", "2"), ("a]", "3")], {"[a]": "2", "a]": "3"}),
        ([("a" + "[x]" * 2, "1")], {"a": {"x": {"x": "1"}}}),
        ([], {}),
    ],
)
def test_query_pairs_become_dictionaries(pairs, nested):
    assert parse_brackets(pairs) == nested


@pytest.mark.parametrize("key", ["a[", "a[b", "a[b]c", "a[b][c", "a[[b]]", "a[b]]", "a]b[c]d"])
def test_unbalanced_brackets_are_bad_requests(key):
    with pytest.raises(BadRequest):
        parse_brackets([(key, "1")])


def test_16_levels_of_brackets_are_the_most():
    value: Any = parse_brackets([("a" + "[x]" * 16, "1")])["a"]
    for _ in range(16):
        value = value["x"]
    assert value == "1"
    with pytest.raises(BadRequest):
        parse_brackets([("a" + "[x]" * 17, "1")])


def test_leading_zeros_and_gaps_make_no_list():
    assert parse_brackets([("a[00]", "1")], lists=True) == {"a": {"00": "1"}}
    assert parse_brackets([("a[0]", "1"), ("a[2]", "2")], lists=True) == {"a": {"0": "1", "2": "2"}}
    assert parse_brackets([("a[0]", "1"), ("a[0]", "2"), ("a[]", "3")], lists=True) == {"a": ["2", "3"]}


CONTENT_TYPES = st.sampled_from([None, "application/json", "text/plain", FORM, "text/html", "\x00;"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda below: st.lists(below) | st.dictionaries(st.text(st.characters()), below),
    max_leaves=20,
)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()), CONTENT_TYPES)
def test_any_bytes_are_read_or_refused(raw, content_type):
    try:
        body = parse_body(raw, content_type)
    except (BadRequest, Invalid, UnsupportedMediaType) as refusal:
        json.loads(refusal.body())
        return
    assert type(body) is dict
    json.dumps(body, ensure_ascii=False, allow_nan=False).encode()


@given(st.lists(st.tuples(st.text("a0[]1", max_size=12), st.text(max_size=2))), st.booleans())
def test_any_pairs_are_nested_or_refused(pairs, lists):
    try:
        nested = parse_brackets(pairs, lists=lists)
    except BadRequest:
        return
    assert type(nested) is dict
