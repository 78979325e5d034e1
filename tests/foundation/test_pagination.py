import pytest

from omneo_api.foundation.bodies import parse_brackets
from omneo_api.foundation.errors import Invalid
from omneo_api.foundation.pagination import Links, Page, parse_page, window


def page(**parameters):
    return parse_page(parse_brackets(parameters.items(), lists=False))


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, Page(1, 15, 0)),
        ({"page[size]": "2", "page[number]": "3"}, Page(3, 2, 4)),
        ({"page[size]": "500"}, Page(1, 100, 0)),
        ({"page": "2", "per_page": "10"}, Page(2, 10, 10)),
        ({"limit": "5", "offset": "7"}, Page(2, 5, 7)),
        ({"page[size]": "4", "per_page": "9"}, Page(1, 4, 0)),
        ({"page[size]": "null", "page[number]": "undefined"}, Page(1, 15, 0)),
        ({"page[number]": "2", "offset": "99"}, Page(2, 15, 15)),
    ],
)
def test_paging_parameters_and_their_legacy_names(parameters, expected):
    assert page(**parameters) == expected


def test_every_wrong_paging_value_is_named_at_once():
    with pytest.raises(Invalid) as fault:
        page(**{"page[size]": "x", "page[number]": "0"})
    assert fault.value.errors == {
        "page.size": ["The page.size field must be an integer."],
        "page.number": ["The page.number field must be at least 1."],
    }


@pytest.mark.parametrize(
    ("current", "last", "expected"),
    [
        (1, 1, [1]),
        (5, 13, list(range(1, 14))),
        (7, 20, [*range(1, 11), None, 19, 20]),
        (14, 20, [1, 2, None, *range(11, 21)]),
        (10, 20, [1, 2, None, 7, 8, 9, 10, 11, 12, 13, None, 19, 20]),
    ],
)
def test_the_window_of_page_links(current, last, expected):
    assert list(window(current, last)) == expected


def test_links_carry_every_other_parameter_over():
    links = Links(
        "http://h/v3/rewards", [("page[size]", "2"), ("page[number]", "4"), ("filter[a]", "x y"), ("offset", "3")]
    )
    assert links.page(3) == "http://h/v3/rewards?page%5Bsize%5D=2&filter%5Ba%5D=x+y&page%5Bnumber%5D=3"
