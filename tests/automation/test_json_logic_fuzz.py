"""Whatever rule meets whatever data, evaluation raises nothing but its own error."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from omneo_api.automation.json_logic import _PLAIN, _SCOPED, LogicError, check_size, evaluate, met, resolve

NUMBERS = st.one_of(st.integers(), st.floats(), st.decimals(), st.sampled_from(["1e9999", "-.5", "9" * 5000, "٣"]))
UNITS = st.sampled_from(["minutes", "hours", "days", "weeks", "months", "years"])
DATES = st.one_of(st.datetimes().map(str), st.dates().map(str), st.text(max_size=12))
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, st.text(), DATES, UNITS)
NAMES = st.sampled_from(sorted({*_PLAIN, *_SCOPED}))


def containers(inner):
    return st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        st.builds(lambda name, operands: {name: operands}, NAMES, st.one_of(inner, st.lists(inner, max_size=4))),
    )


JSON = st.recursive(SCALARS, containers, max_leaves=25)


@settings(max_examples=600, deadline=None)
@given(rule=JSON, data=JSON)
def test_nothing_but_logic_errors(rule, data):
    for run in (evaluate, resolve):
        try:
            run(rule, data)
        except LogicError as error:
            assert str(error)  # noqa: PT017 - any outcome but another exception is right
    passed, error = met(rule, data)
    assert isinstance(passed, bool)
    assert error is None or not passed
    assert isinstance(check_size(rule), str | None)


@settings(max_examples=1500, deadline=None)
@given(name=NAMES, operands=st.lists(st.one_of(SCALARS, JSON), max_size=3))
def test_no_operator_raises_anything_else(name, operands):
    data = dict(zip("abc", operands, strict=False))
    try:
        evaluate({name: [{"var": key} for key in data]}, data)
    except LogicError as error:
        assert str(error)  # noqa: PT017 - any outcome but another exception is right


@settings(max_examples=500, deadline=None)
@given(
    date=DATES, letters=st.text(), zone=st.one_of(st.none(), st.text(), st.sampled_from([".", "..", "America", "/"]))
)
def test_no_format_raises_anything_else(date, letters, zone):
    try:
        assert isinstance(evaluate({"date_format": [date, letters, zone]}, {}), str)
    except LogicError as error:
        assert str(error)  # noqa: PT017 - any outcome but another exception is right


@settings(max_examples=300, deadline=None)
@given(left=st.one_of(st.integers(-99, 99), st.decimals(-99, 99, places=2)), right=st.decimals(-99, 99, places=2))
def test_the_number_types_are_one(left, right):
    for kind in (Decimal, float):
        data = {"l": kind(left), "r": kind(right)}
        for name in ("<", "<=", "==", "===", "+", "-", "*"):
            plain = evaluate({name: [{"var": "l"}, {"var": "r"}]}, {"l": left, "r": right})
            assert evaluate({name: [{"var": "l"}, {"var": "r"}]}, data) == plain
