import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omneo_api.foundation.routing import Router


def built(*paths):
    router = Router()
    for method, path in paths:
        router.add(method, path, f"{method} {path}")
    return router


TREE = built(
    ("GET", "/profiles"),
    ("POST", "/profiles"),
    ("GET", "/profiles/{profile}"),
    ("PUT", "/profiles/{profile}"),
    ("POST", "/profiles/merge"),
    ("GET", "/profiles/{profile}/identities/{handle}"),
    ("GET", "/profiles/{profile}/identities/id/{id}"),
    ("GET", "/profiles/{profile}/attributes/custom/{namespace}:{handle}"),
    ("GET", "/profiles/attributes/custom"),
    ("GET", "/locations/{id:int}"),
    ("GET", "/locations/{id:int}/profiles"),
    ("GET", "/locations/{kind}/{value}"),
    ("POST", "/transactions/{id}/resend"),
    ("POST", "/transactions/{id:int}resend"),
)


@pytest.mark.parametrize(
    ("method", "path", "expected", "values"),
    [
        ("POST", "profiles/merge", "POST /profiles/merge", {}),
        ("GET", "profiles/merge", "GET /profiles/{profile}", {"profile": "merge"}),
        (
            "GET",
            "profiles/p1/identities/id",
            "GET /profiles/{profile}/identities/{handle}",
            {"profile": "p1", "handle": "id"},
        ),
        (
            "GET",
            "profiles/p1/identities/id/7",
            "GET /profiles/{profile}/identities/id/{id}",
            {"profile": "p1", "id": "7"},
        ),
        (
            "GET",
            "profiles/p/attributes/custom/a.b:c:d",
            "GET /profiles/{profile}/attributes/custom/{namespace}:{handle}",
            {"profile": "p", "namespace": "a.b", "handle": "c:d"},
        ),
        ("GET", "profiles/attributes/custom", "GET /profiles/attributes/custom", {}),
        ("GET", "locations/12/profiles", "GET /locations/{id:int}/profiles", {"id": "12"}),
        ("GET", "locations/handle/12", "GET /locations/{kind}/{value}", {"kind": "handle", "value": "12"}),
        ("POST", "transactions/12resend", "POST /transactions/{id:int}resend", {"id": "12"}),
    ],
)
def test_fixed_words_come_before_parameters_and_dead_ends_back_up(method, path, expected, values):
    assert TREE.find(path.split("/"), method) == (expected, values)


def test_an_unknown_method_lists_the_known_ones_and_an_unknown_path_none():
    assert TREE.find(["profiles"], "DELETE") == ["GET", "POST"]
    assert TREE.find(["profiles", "x"], "DELETE") == ["GET", "PUT"]
    assert TREE.find(["nothing"], "GET") == []


def test_a_path_is_declared_once():
    with pytest.raises(ValueError, match="declared twice"):
        built(("GET", "/a/{id}"), ("GET", "/a/{other}"))


@given(
    st.lists(st.text(alphabet="ab{}:.é/ \x00", max_size=6).filter(bool), max_size=7),
    st.sampled_from(["GET", "PUT", "X"]),
)
def test_any_path_finds_something_or_nothing(segments, method):
    found = TREE.find(segments, method)
    assert isinstance(found, list | tuple)


def test_the_last_of_800_routes_is_found_as_fast_as_the_first():
    paths = [f"/resource{number}/{{id}}/child/{{other}}" for number in range(800)]
    router = built(*(("GET", path) for path in paths))
    first, last = ["resource0", "1", "child", "2"], ["resource799", "1", "child", "2"]

    def seconds(segments):
        best = 1.0
        for _ in range(7):
            start = time.perf_counter()
            for _ in range(2000):
                router.find(segments, "GET")
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds(last) < 2 * seconds(first)
