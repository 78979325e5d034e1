"""What holds for every request: addressing, errors, CORS, ids, limits, idempotency, health."""

import asyncio
import json

import pytest

from omneo_api.app import create_app

pytestmark = pytest.mark.anyio


async def test_both_bases_repeated_and_trailing_slashes_reach_the_same_handler(shop):
    root = str(shop.client.base_url).replace("/v3/", "")
    for path in ("/v3/regions", "/api/v3/regions", "//v3//regions/", "/api//v3/regions/"):
        answer = await shop.client.get(f"{root}{path}")
        assert (answer.status_code, answer.json()["data"]) == (200, [])
    base = await shop.client.get(f"{root}/v3")
    assert base.json() == {"data": {"name": "Omneo API", "version": "v3"}}
    for unknown in ("/api/v2/regions", "/api/v1/regions", "/regions", "/v3/nothing", "/V3/regions"):
        answer = await shop.client.get(f"{root}{unknown}")
        assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


async def test_the_wrong_method_names_the_right_ones(shop):
    answer = await shop.client.request("DELETE", "/regions")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"
    text = "The DELETE method is not supported for this route. Supported methods: GET, HEAD, POST."
    assert answer.json() == {"message": text}


async def test_head_answers_as_get_without_a_body_and_patch_as_put(shop):
    region = (await shop.post("/regions", {"name": "A", "handle": "a"}))["data"]
    head = await shop.client.head(f"/regions/{region['id']}")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 100
    patched = await shop.call("PATCH", f"/regions/{region['id']}", status=200, json={"name": "B"})
    assert patched.json()["data"]["name"] == "B"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic abc", "bearer  ", "Token x"])
async def test_no_valid_bearer_is_exactly_unauthenticated(shop, header):
    answer = await shop.client.get("/regions", headers={"Authorization": header})
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_the_scheme_word_has_no_case(shop):
    answer = await shop.client.get("/regions", headers={"Authorization": f"bEARER {shop.token}"})
    assert answer.status_code == 200


async def test_a_token_of_another_tenant_is_unauthenticated(shop, other_shop):
    answer = await shop.as_token(other_shop.token).client.get("/regions")
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})


async def test_an_unknown_tenant_in_the_host_is_not_found(shop):
    answer = await shop.client.get("http://nobody-here.omneo.test/v3/regions")
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


async def test_preflight_and_cors_headers(shop):
    answer = await shop.client.options("/regions", headers={"Origin": "https://shop.example", "Authorization": ""})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-max-age"] == "86400"
    missing = await shop.client.get("/regions/999999", headers={"Origin": "https://shop.example"})
    assert missing.headers["access-control-allow-origin"] == "*"
    assert "Retry-After" in missing.headers["access-control-expose-headers"]
    assert missing.headers["cache-control"] == "no-store, private"
    assert missing.headers["x-content-type-options"] == "nosniff"


async def test_request_ids_are_echoed_or_made(shop):
    given = await shop.client.get("/regions", headers={"X-Request-Id": "abc.DEF-1_2"})
    assert given.headers["x-request-id"] == "abc.DEF-1_2"
    made = await shop.client.get("/regions", headers={"X-Request-Id": "not valid!"})
    assert len(made.headers["x-request-id"]) == 32


@pytest.mark.parametrize(
    ("body", "content_type", "status", "message"),
    [
        (b"{", "application/json", 400, "Malformed JSON in request body."),
        (b"[1]", "application/json", 422, "The given data was invalid."),
        (b"<a/>", "application/xml", 415, "Unsupported Media Type"),
        (b"[" * 100_000, "application/json", 400, None),
        (b'{"name": NaN, "handle": "x"}', None, 400, "Malformed JSON in request body."),
        (b'{"name": "a\\u0000b", "handle": "x"}', None, 422, "The given data was invalid."),
        (b'{"name": "\\ud800", "handle": "x"}', None, 422, "The given data was invalid."),
        (b'{"name": {"a": 1}, "handle": []}', None, 422, "The given data was invalid."),
    ],
)
async def test_bad_bodies_get_their_exact_answer(shop, body, content_type, status, message):
    headers = {"Content-Type": content_type} if content_type else {}
    answer = await shop.call("POST", "/regions", status=status, content=body, headers=headers)
    if message:
        assert answer.json()["message"] == message
    assert (await shop.get("/regions"))["meta"]["total"] == 0


async def test_a_body_that_is_no_object_says_so(shop):
    answer = await shop.call("POST", "/regions", status=422, content=b"[1]")
    assert answer.json()["errors"] == {"body": ["The request body must be an object."]}


async def test_a_large_body_is_refused_before_it_is_read(shop):
    answer = await shop.call("POST", "/regions", status=413, content=b" " * (20 * 1024 * 1024))
    assert answer.json() == {"message": "Payload Too Large"}


@pytest.mark.parametrize(
    "identifier", ["abc!", "-1", "9223372036854775808", "99999999999999999999999", "1.5", "%00", "null"]
)
async def test_an_id_of_the_wrong_kind_is_not_found(shop, identifier):
    answer = await shop.client.get(f"/regions/{identifier}")
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


async def test_filters_that_nobody_knows_are_refused(shop):
    unknown = await shop.get("/regions", 400, params={"filter[foo]": "1", "filter[bar][gt]": "2"})
    assert unknown["message"].startswith("Requested filter(s) `foo, bar.gt` are not allowed. Allowed filter(s) are `")
    operator = await shop.get("/regions", 400, params={"filter[name][smells]": "1"})
    assert operator["message"] == "Requested filter operator `smells` is not allowed."
    wrong = await shop.get("/regions", 422, params={"filter[is_default]": "maybe", "filter[created_at]": "x"})
    assert set(wrong["errors"]) == {"filter.is_default", "filter.created_at"}
    empty = await shop.get("/regions", 422, params={"filter[handle]": ""})
    assert set(empty["errors"]) == {"filter.handle"}


async def test_unknown_sorts_includes_and_parameters_are_ignored(shop):
    for name in ("b", "a", "c"):
        await shop.post("/regions", {"name": name, "handle": f"h-{name}"})
    answer = await shop.get(
        "/regions", params={"sort": "price,-name", "include": "everything", "_": "1", "fields[x]": "y"}
    )
    assert [row["name"] for row in answer["data"]] == ["c", "b", "a"]


async def test_a_page_walk_neither_skips_nor_repeats(shop):
    for number in range(7):
        await shop.post("/regions", {"name": "same", "handle": f"r{number}"})
    url, seen, last = "/regions?sort=name&page%5Bsize%5D=3", [], None
    while url:
        last = await shop.get(url)
        seen += [row["id"] for row in last["data"]]
        url = last["links"]["next"]
    assert len(seen) == len(set(seen)) == 7
    assert last["meta"] | {"links": None} == {
        "current_page": 3,
        "from": 7,
        "last_page": 3,
        "links": None,
        "path": f"http://{shop.handle}.omneo.test/v3/regions",
        "per_page": 3,
        "to": 7,
        "total": 7,
    }
    beyond = await shop.get("/regions?page[number]=9")
    assert (beyond["data"], beyond["meta"]["from"], beyond["meta"]["to"], beyond["meta"]["total"]) == (
        [],
        None,
        None,
        7,
    )


async def test_a_replayed_write_happens_once(shop):
    body, headers = {"name": "A", "handle": "a"}, {"Idempotency-Key": "k1"}
    first = await shop.call("POST", "/regions", status=201, json=body, headers=headers)
    again = await shop.call("POST", "/regions", status=201, json=body, headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    other = await shop.call("POST", "/regions", status=422, json=body | {"handle": "b"}, headers=headers)
    assert set(other.json()["errors"]) == {"idempotency_key"}
    long = await shop.call("POST", "/regions", status=422, json=body, headers={"Idempotency-Key": "k" * 256})
    assert set(long.json()["errors"]) == {"idempotency_key"}


async def test_a_validation_error_frees_the_key(shop):
    headers = {"Idempotency-Key": "k2"}
    await shop.call("POST", "/regions", status=422, json={"name": "A"}, headers=headers)
    await shop.call("POST", "/regions", status=201, json={"name": "A", "handle": "a"}, headers=headers)


async def test_a_refusal_other_than_validation_is_kept(shop):
    headers = {"Idempotency-Key": "k3"}
    for replayed in (None, "true"):
        answer = await shop.call("PUT", "/regions/77", status=404, json={"name": "A"}, headers=headers)
        assert answer.headers.get("idempotency-replayed") == replayed


async def test_parallel_requests_of_one_key_write_once(shop):
    headers = {"Idempotency-Key": "k4"}
    calls = [shop.client.post("/regions", json={"name": "A", "handle": "a"}, headers=headers) for _ in range(10)]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*calls))
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert (await shop.get("/regions"))["meta"]["total"] == 1


async def test_parallel_creates_of_one_handle(shop):
    calls = [shop.client.post("/regions", json={"name": "A", "handle": "a"}) for _ in range(20)]
    answers = await asyncio.gather(*calls)
    assert sorted(answer.status_code for answer in answers) == [201, *[422] * 19]
    loser = next(answer for answer in answers if answer.status_code == 422)
    assert loser.json()["errors"] == {"handle": ["The handle has already been taken."]}


async def test_the_rate_limit_counts_per_user_and_says_when_to_come_back(app_settings, database_url, shop):
    limited = create_app(app_settings.model_copy(update={"rate_limit_per_minute": 3}), database_url)
    await limited.database.open()
    try:
        client = type(shop)(shop.url, shop.handle, shop.token, limited, shop.tenant, shop.client).as_token(shop.token)
        answers = [await client.client.get("/regions") for _ in range(5)]
    finally:
        await limited.gate.stop()
        await limited.database.close()
    assert [answer.status_code for answer in answers][:3] == [200, 200, 200]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers[:3]] == ["2", "1", "0"]
    refused = answers[3]
    assert (refused.status_code, refused.json()) == (429, {"message": "Too Many Attempts."})
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert int(refused.headers["x-ratelimit-reset"]) % 60 == 0


async def test_health_metrics_and_documents_need_no_token(shop):
    root = str(shop.client.base_url).replace("/v3/", "")
    nobody = {"Authorization": "Bearer wrong"}
    for path in ("/api/health", "/health"):
        answer = await shop.client.get(f"{root}{path}", headers=nobody)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    metrics = await shop.client.get(f"{root}/metrics", headers=nobody)
    assert "omneo_requests_total" in metrics.text
    for path in ("/openapi.json", "/api/v3/openapi.json", "/id/api/v1/openapi.json"):
        document = json.loads((await shop.client.get(f"{root}{path}", headers=nobody)).text)
        assert document["openapi"] == "3.1.0"
    page = await shop.client.get(f"{root}/docs")
    assert "://" not in page.text
    script = await shop.client.get(f"{root}/docs/assets/swagger-ui-bundle.js")
    assert (script.status_code, script.headers["content-type"]) == (200, "text/javascript")
    assert (await shop.client.get(f"{root}/docs/assets/..%2F__init__.py")).status_code == 404
