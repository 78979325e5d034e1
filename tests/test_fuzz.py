"""A fuzzer drives the real server from its own OpenAPI documents: whatever it sends, nothing answers 500."""

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from live import serving
from omneo_api.app import openapi_documents
from omneo_api.platform import tenants

DOCUMENT = json.loads(openapi_documents()["omneo-v3.json"])
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
BOUND = settings(
    max_examples=8,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


@pytest.fixture(scope="session")
def fuzzed(app_settings, database_url):
    """A tenant of its own on a real server: its URL and token."""
    token = tenants.create_tenant(database_url, "fuzzed", "Fuzzed", is_test=True).secret
    with serving(app_settings.model_copy(update={"default_tenant": "fuzzed"}), database_url) as url:
        yield url, token


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_no_input_is_answered_500(operation, fuzzed):
    url, token = fuzzed

    @BOUND
    @given(case=operation.as_strategy())
    def drive(case):
        answer = case.call(base_url=f"{url}/api/v3", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code < 500, f"{case.method} {case.formatted_path}: {answer.text[:500]}"
        if answer.content:
            assert answer.headers["content-type"][0].startswith(("application/json", "text/csv"))

    drive()
