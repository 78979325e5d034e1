"""Every sentence of automation §4 as a table, the scope of §3.4, dynamic values of §6.1, and a fuzz of the whole."""

import json
import time
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from omneo_api.automation.json_logic import LogicError, check_size, evaluate, met, php_date, resolve

DATA = {
    "a": {"b": [{"c": 5}, 7]},
    "name": "Mia",
    "empty": "",
    "nothing": None,
    "zero": 0,
    "tags": ["vip", "staff"],
    "numbers": [1, 2, 3],
    "price": Decimal("149.95"),
    "items": [{"sku": "A", "price": 10}, {"sku": "B", "price": 25.5}, {"sku": "C", "price": Decimal("4.50")}],
}


def operator(name, *cases):
    return [pytest.param({name: operands}, result, id=f"{name}-{i}") for i, (operands, result) in enumerate(cases)]


def same(left, right):
    return left == right and type(left) is type(right)


@pytest.mark.parametrize(
    ("rule", "result"),
    [
        *operator(
            "var",
            ("a.b.0.c", 5),
            (["a.b.1"], 7),
            ("a.b.2", None),
            ("a.b.x", None),
            ("name.0", None),
            (["absent", "default"], "default"),
            (["nothing", "default"], None),
            (["nothing.deeper", "default"], "default"),
            ("absent", None),
            ("", DATA),
            ([], DATA),
            (None, DATA),
            ({"if": [True, "name", "zero"]}, "Mia"),
            (["absent", {"+": [1, 2]}], 3),
        ),
        *operator(
            "missing",
            (["name", "absent", "nothing", "empty", "zero"], ["absent", "nothing", "empty"]),
            ("absent", ["absent"]),
            ([], []),
            ({"merge": ["name", ["absent"]]}, ["absent"]),
        ),
        *operator(
            "missing_some",
            ([1, ["name", "absent"]], []),
            ([2, ["name", "absent", "nothing"]], ["absent", "nothing"]),
        ),
    ],
)
def test_data(rule, result):
    assert evaluate(rule, DATA) == result


def test_a_numeric_path_and_the_element_itself():
    assert evaluate({"var": 1}, ["x", "y"]) == "y"
    assert evaluate({"var": ""}, 9) == 9
    assert evaluate({"var": "x"}, None) is None


EQUALITY = [  # left, right, loose, strict
    (1, 1, True, True),
    (25, 25.0, True, True),
    (25, Decimal("25.00"), True, True),
    (149.95, Decimal("149.95"), True, True),
    (0.1, Decimal("0.2"), False, False),
    (1, "1", True, False),
    (1.5, " 1.50 ", True, False),
    (1, "1a", False, False),
    (0, "", False, False),
    ("1", "1.0", False, False),
    ("a", "a", True, True),
    ("a", "A", False, False),
    (True, 1, True, False),
    (False, 0, True, False),
    (True, "1", True, False),
    (True, 2, False, False),
    (True, True, True, True),
    (True, False, False, False),
    (None, None, True, True),
    (None, 0, False, False),
    (None, "", False, False),
    (None, False, False, False),
    (None, [], False, False),
    ([1, [2]], [1.0, [2]], True, True),
    ([1], ["1"], True, False),
    ([1], [1, 2], False, False),
    ([1], 1, False, False),
    ({"a": 1, "b": []}, {"b": [], "a": 1}, True, True),
    ({"a": 1}, {"a": 2}, False, False),
    ({"a": 1}, {"b": 1}, False, False),
    ({}, [], False, False),
    (10**20, 10**20 + 1, False, False),
    (float("nan"), float("nan"), False, False),
]


@pytest.mark.parametrize(("left", "right", "loose", "strict"), EQUALITY)
def test_equality(left, right, loose, strict):
    data = {"l": left, "r": right}
    for operands in ([{"var": "l"}, {"var": "r"}], [{"var": "r"}, {"var": "l"}]):
        assert evaluate({"==": operands}, data) is loose
        assert evaluate({"!=": operands}, data) is not loose
        assert evaluate({"===": operands}, data) is strict
        assert evaluate({"!==": operands}, data) is not strict


@pytest.mark.parametrize(
    ("rule", "result"),
    [
        *operator(">", ([2, 1], True), ([1, 1], False), (["b", "a"], True), ([Decimal("1.5"), 1], True)),
        *operator(">=", ([1, 1.0], True), ([0, 1], False), ([[], 0], False), (["x", 0], False)),
        *operator(
            "<",
            ([1, 2], True),
            ([1, 2, 3], True),
            ([1, 3, 2], False),
            ([1, 1, 2], False),
            (["10", "9"], True),
            (["10", 9], False),
            (["2025-11-20", "2025-11-20 04:00:00"], True),
            ([None, 1980], True),
            ([False, True], True),
            (["", 1], False),
            (["abc", 1], False),
            ([{"var": "tags"}, 1], False),
            ([{"var": "birth_year"}, 1980], True),
        ),
        *operator("<=", ([1, 1, 1], True), ([2, 1], False), ([{"var": "price"}, 149.95], True)),
        *operator("!", ([True], False), (0, True), ("0", False), ([[]], True), ([{}], False)),
        *operator("!!", (["a"], True), ([0], False), ([None], False), ([""], False), ([[0]], True), ([0.0], False)),
        *operator("and", ([1, "", 3], ""), ([1, 2], 2), ([False, {"nope": 1}], False), ([1], 1)),
        *operator("or", ([0, "x", 3], "x"), ([0, ""], ""), ([1, {"nope": 1}], 1)),
        *operator(
            "if",
            ([True, 1, 2], 1),
            ([False, 1, 2], 2),
            ([False, 1], None),
            ([0, 1, "", 2, 3], 3),
            ([0, 1, "0", 2, 3], 2),
            ([True, 1, {"nope": 1}], 1),
            ([], None),
            ([7], 7),
        ),
        *operator("?:", ([[], 1, 2], 2)),
        *operator("+", ([1, 2, "3.5"], 6.5), ("3.14", 3.14), ([0.1, 0.2], 0.3), ([None, True, 1.0], 2)),
        *operator("-", ([5, 2], 3), (2, -2), ([0], 0), ([{"var": "price"}, 149], 0.95)),
        *operator("*", ([2, 3, "4"], 24), ([0.5, 3], 1.5), ([1e308, 1e308], None)),
        *operator("/", ([4, 2], 2), ([1, 4], 0.25), ([1, 0], None), ([0, 0], None)),
        *operator("%", ([7, 3], 1), ([-7, 3], -1), ([5.5, 2], 1.5), ([1, 0], None)),
        *operator("min", ([3, "1", 2.5], 1), ([4], 4)),
        *operator("max", ([3, {"var": "price"}], 149.95), ([1, 2], 2)),
        *operator("map", ([{"var": "numbers"}, {"*": [{"var": ""}, 2]}], [2, 4, 6]), ([None, 1], [])),
        *operator("filter", ([{"var": "numbers"}, {">": [{"var": ""}, 1]}], [2, 3]), ([{"var": "absent"}, 1], [])),
        *operator(
            "reduce",
            ([{"var": "items"}, {"+": [{"var": "current.price"}, {"var": "accumulator"}]}, 0], 40),
            ([None, {"var": "current"}, {"var": "zero"}], 0),
            ([[1, 2], {"+": [{"var": "current"}, {"var": "accumulator"}]}], 3),
        ),
        *operator("all", ([[1, 2], {"var": ""}], True), ([[], True], False), ([[1, 0], {"var": ""}], False)),
        *operator("none", ([[0, 0], {"var": ""}], True), ([[], True], True), ([[0, 1], {"var": ""}], False)),
        *operator("some", ([[0, 1], {"var": ""}], True), ([[], True], False), ([[0], {"var": ""}], False)),
        *operator("merge", ([[1, [2]], 3, []], [1, [2], 3]), ([], []), (1, [1])),
        *operator(
            "in",
            (["vip", {"var": "tags"}], True),
            (["VIP", {"var": "tags"}], False),
            ([2.0, {"var": "numbers"}], True),
            (["2", {"var": "numbers"}], False),
            ([True, {"var": "numbers"}], False),
            (["ring", "Spring"], True),
            (["spring", "Spring"], False),
            ([5, "150"], True),
            ([None, "null"], False),
            (["a", None], False),
        ),
        *operator(
            "not_in",
            (["vip", {"var": "tags"}], False),
            (["@example.test", "mia@example.test"], False),
            (["@other.test", "mia@example.test"], True),
            (["a", {"var": "absent"}], True),
        ),
        *operator("cat", (["a", 1, 2.0, 2.5, None, True], "a122.5true"), ([], ""), ({"var": "price"}, "149.95")),
        *operator(
            "substr",
            (["jsonlogic", 4], "logic"),
            (["jsonlogic", -5], "logic"),
            (["jsonlogic", 1, 3], "son"),
            (["jsonlogic", 4, -2], "log"),
            (["abc", -9], "abc"),
            (["abc", 9], ""),
            (["abc", 1, -9], ""),
            ([12345, 1, 2], "23"),
        ),
        *operator("log", ("x", "x")),
        *operator("starts_with", (["Omneo", "Om"], True), (["Omneo", "om"], False), ([None, "a"], None)),
        *operator("ends_with", (["Omneo", "eo"], True), (["Omneo", None], None)),
        *operator("lower", (["ÀB"], "àb"), ("X", "x"), (None, None)),
        *operator("upper", (["àb"], "ÀB"), ([None], None)),
    ],
)
def test_operators(rule, result):
    assert same(evaluate(rule, DATA), result)


@pytest.mark.parametrize(
    ("rule", "result"),
    [
        *operator(
            "date_add",
            (["2025-01-31", 1, "months"], "2025-02-28"),
            (["2024-02-29", 1, "years"], "2025-02-28"),
            (["2025-03-31 10:00:00", -1, "months"], "2025-02-28 10:00:00"),
            (["2025-12-31", "1", "days"], "2026-01-01"),
            (["2025-01-01", 2, "weeks"], "2025-01-15"),
            (["2025-01-01", 90, "minutes"], "2025-01-01 01:30:00"),
            (["2025-01-01T00:00:00+02:00", 1, "hours"], "2024-12-31 23:00:00"),
            ([None, 1, "days"], None),
            (["2025-01-01", None, "days"], None),
        ),
        *operator(
            "date_diff",
            (["2025-01-01", "2025-01-31", "days"], 30),
            (["2025-01-31", "2025-01-01", "days"], -30),
            (["2025-01-01 00:00:00", "2025-01-01 23:59:59", "days"], 0),
            (["2025-01-01 23:59:59", "2025-01-01 00:00:00", "days"], 0),
            (["2025-01-01", "2025-01-15", "weeks"], 2),
            (["2025-01-01 00:00:00", "2025-01-01 02:59:59", "hours"], 2),
            (["2025-01-01 00:00:00", "2025-01-01 02:59:59", "minutes"], 179),
            (["2025-01-31", "2025-02-28", "months"], 1),
            (["2025-01-31", "2025-02-27", "months"], 0),
            (["1991-06-04", "2025-06-03", "years"], 33),
            (["1991-06-04", "2025-06-04", "years"], 34),
            (["2025-06-04", "1991-06-04", "years"], -34),
            ([None, "2025-01-01", "days"], None),
        ),
        *operator(
            "date_format",
            (["2025-11-20 04:00:00", "jS F Y"], "20th November 2025"),
            (["2025-11-20 14:00:00", "Y-m-d H:i", "Australia/Melbourne"], "2025-11-21 01:00"),
            (["2025-11-20", "Y-m-d", "America/New_York"], "2025-11-20"),
            (["2025-11-20", "Y", None], "2025"),
            ([None, "Y"], None),
            (["2025-11-20", None], None),
        ),
    ],
)
def test_dates(rule, result):
    assert same(evaluate(rule, DATA), result)


@pytest.mark.parametrize(
    ("letters", "text"),
    [
        ("d D j l N S w z", "03 Mon 3 Monday 1 rd 1 33"),
        ("W F m M n t L o Y y", "06 February 02 Feb 2 29 1 2020 2020 20"),
        ("a A g G h H i s v u", "pm PM 1 13 01 13 05 09 012 012345"),
        ("e T O P p Z", "Australia/Melbourne AEDT +1100 +11:00 +11:00 39600"),
        ("c", "2020-02-03T13:05:09+11:00"),
        ("r", "Mon, 03 Feb 2020 13:05:09 +1100"),
        ("U", "1580695509"),
        (r"\Y\\Y, q \é", "Y\\2020, q é"),
        ("", ""),
    ],
)
def test_php_letters(letters, text):
    moment = datetime(2020, 2, 3, 13, 5, 9, 12345, tzinfo=ZoneInfo("Australia/Melbourne"))
    assert php_date(moment, letters) == text


def test_php_letters_in_utc_and_suffixes():
    assert php_date(datetime(2020, 1, 5, tzinfo=UTC), r"e T p w N") == "UTC UTC Z 0 7"
    days = [php_date(datetime(2020, 1, day, tzinfo=UTC), "jS") for day in (1, 2, 4, 11, 12, 13, 21, 22, 23, 31)]
    assert days == ["1st", "2nd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd", "31st"]


@pytest.mark.parametrize(
    "rule",
    [
        {"nope": [1]},
        {"==": [1]},
        {"==": [1, 2, 3]},
        {">": [1, 2, 3]},
        {"<": [1]},
        {"<": [1, 2, 3, 4]},
        {"!": []},
        {"and": []},
        {"*": []},
        {"+": ["abc"]},
        {"+": [[1]]},
        {"max": {"var": "numbers"}},
        {"map": [[1]]},
        {"map": ["abc", 1]},
        {"all": [{"var": "a"}, True]},
        {"in": ["a", 5]},
        {"not_in": ["a", {"var": "a"}]},
        {"var": ["a", "b", "c"]},
        {"var": [["a"]]},
        {"missing_some": [1, "name"]},
        {"cat": [[1]]},
        {"substr": ["abc", 1.5]},
        {"substr": ["abc", 1e300]},
        {"date_add": ["2025-01-01", 1, "fortnights"]},
        {"date_add": ["2025-01-01", 1.5, "days"]},
        {"date_add": ["2025-01-01", 99999, "years"]},
        {"date_add": ["2025-01-01", 999999999, "weeks"]},
        {"date_add": ["soon", 1, "days"]},
        {"date_diff": [5, "2025-01-01", "days"]},
        {"date_diff": ["2025-01-01", "2025-01-01", ["days"]]},
        {"date_format": ["2025-01-01", "Y", "Mars/Base"]},
        {"date_format": ["2025-01-01", "Y", "../etc/passwd"]},
        {"date_format": ["2025-01-01", "Y", "x" * 9999]},
        {"date_format": ["0001-01-01 00:00:00", "Y", "America/New_York"]},
        {"==": [1, 1], "!=": [1, 2]},
        {"and": [{"==": [1, 1], "!=": [1, 2]}]},
        {"and": [True, {"nope": 1}]},
    ],
)
def test_wrong_rules_are_not_met_and_tell_why(rule):
    with pytest.raises(LogicError):
        evaluate(rule, DATA)
    passed, error = met(rule, DATA)
    assert not passed
    assert error


@pytest.mark.parametrize("value", [None, True, 5, "text", {}, [1, "a", None]])
def test_what_is_no_rule_stands_for_itself(value):
    assert evaluate(value, DATA) == value


@pytest.mark.parametrize("condition", [None, {}, [], ""])
def test_no_condition_is_met(condition):
    assert met(condition, DATA) == (True, None)


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ({"===": [{"var": "name"}, "Mia"]}, True),
        ({"var": "zero"}, False),
        ({"var": "empty"}, False),
        ({"cat": "0"}, True),
        ({"var": "a"}, True),
        (True, True),
        (False, False),
        (0, False),
    ],
)
def test_a_condition_is_met_when_truthy(condition, passes):
    assert met(condition, DATA) == (passes, None)


@pytest.mark.parametrize("condition", [[{"==": [1, 2]}], [0], "text", '{"==":[1,2]}'])
def test_arrays_and_strings_are_no_condition_that_passes(condition):
    passed, error = met(condition, DATA)
    assert not passed
    assert error


def test_lookup_answers_the_root_name_only():
    names = {"reward": {"amount": 20}, "reset": None, "list": [1, 2]}
    seen = []

    def lookup(name):
        seen.append(name)
        return names[name]

    def ask(rule):
        return evaluate(rule, {"reward": "data", "own": 1}, lookup=lookup)

    assert ask({"var": "reward.amount"}) == 20
    assert seen == ["reward"]
    assert ask({"var": ["reward.absent", 3]}) == 3
    assert ask({"var": ["absent", 3]}) == 3
    assert ask({"var": ["reset", 3]}) is None
    assert ask({"var": "own"}) is None
    assert ask({"var": ""}) == {"reward": "data", "own": 1}
    assert ask({"missing": ["reward", "reset", "absent"]}) == ["reset", "absent"]
    assert ask({"missing_some": [1, ["reward.amount", "absent"]]}) == []


def test_lookup_does_not_reach_inside_elements():
    def lookup(name):
        return {"list": [{"x": 1}, {}], "x": 9}[name]

    assert evaluate({"map": [{"var": "list"}, {"var": "x"}]}, {}, lookup=lookup) == [1, None]
    assert evaluate({"filter": [{"var": "list"}, {"var": "x"}]}, {}, lookup=lookup) == [{"x": 1}]
    reduced = {"reduce": [{"var": "list"}, {"+": [{"var": "accumulator"}, {"var": "current.x"}]}, {"var": "x"}]}
    assert evaluate(reduced, {}, lookup=lookup) == 10
    assert met({"some": [{"var": "list"}, {"==": [{"var": "x"}, 9]}]}, {}, lookup=lookup) == (False, None)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ({"var": "name"}, "Mia"),
        ("{{ name }}", "{{ name }}"),
        (["a", {"var": "zero"}], ["a", 0]),
        ({"x": {"var": "name"}, "y": [{"cat": ["v", 1]}]}, {"x": "Mia", "y": ["v1"]}),
        ({"note": {"var": "name"}}, {"note": "Mia"}),
        ({"if": [True, {"x": {"var": "name"}, "y": 2}, None]}, {"x": "Mia", "y": 2}),
        ({"if": [True, {"source": {"var": "name"}}]}, {"source": "Mia"}),
        ({}, {}),
        (None, None),
    ],
)
def test_dynamic_values_are_walked(value, result):
    assert resolve(value, DATA) == result


def test_dynamic_values_use_the_lookup_and_fail_with_logic_errors():
    assert resolve([{"var": "x"}], {}, lookup={"x": 4}.__getitem__) == [4]
    with pytest.raises(LogicError):
        resolve({"a": {"+": ["x"]}, "b": 1}, {})


def nested(levels, value=1):
    for _ in range(levels):
        value = [value]
    return value


def test_nesting_is_limited():
    assert evaluate(nested(64), {}) == nested(64)
    assert check_size(nested(64)) is None
    for levels in (65, 100_000):
        deep = nested(levels)
        assert "64" in check_size(deep)
        for run in (evaluate, resolve):
            with pytest.raises(LogicError, match="64"):
                run(deep, {})
    rule = True
    for _ in range(32):
        rule = {"and": [True, rule]}
    assert met(rule, {}) == (True, None)


def test_deep_data_is_compared_up_to_the_limit():
    with pytest.raises(LogicError, match="64"):
        evaluate({"==": [{"var": "x"}, {"var": "y"}]}, {"x": nested(100_000), "y": nested(100_000)})


@pytest.mark.parametrize(("size", "faulty"), [(65536, False), (65537, True)])
def test_size_is_limited(size, faulty):
    condition = {"cat": "é" * 5 + "x" * (size - 10 - len('{"cat":""}'))}
    assert len(json.dumps(condition, ensure_ascii=False, separators=(",", ":")).encode()) == size
    assert (check_size(condition) is not None) is faulty


@pytest.mark.parametrize(("condition", "faulty"), [(None, False), ("\ud800", False), ([10**5000], True)])
def test_size_of_the_unusual(condition, faulty):
    assert (check_size(condition) is not None) is faulty


def bomb(levels):
    rule = {"var": ""}
    for _ in range(levels):
        rule = {"map": [list(range(10)), rule]}
    return rule


@pytest.mark.parametrize(
    "rule",
    [
        bomb(20),
        {"reduce": [[1] * 60, {"cat": [{"var": "accumulator"}, {"var": "accumulator"}]}, "xx"]},
        {"reduce": [[1] * 60, {"merge": [{"var": "accumulator"}, {"var": "accumulator"}]}, [1, 2]]},
        {"reduce": [[1] * 60, [{"var": "accumulator"}, {"var": "accumulator"}], 1]},
        {"reduce": [[1] * 60, {"date_format": ["2025-01-01", {"var": "accumulator"}]}, "rrrr"]},
        {"reduce": [[1] * 60, {"*": [{"var": "accumulator"}, {"var": "accumulator"}]}, 10]},
    ],
)
def test_work_is_limited(rule):
    started = time.perf_counter()
    try:
        evaluate(rule, {})
    except LogicError as error:
        assert "work" in str(error)  # noqa: PT017 - the last rule ends with null instead
    assert time.perf_counter() - started < 20
