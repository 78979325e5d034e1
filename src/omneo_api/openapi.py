"""The OpenAPI 3.1 documents, generated from the declared operations and their schemas."""

from collections.abc import Sequence
from typing import Any

import orjson
from pydantic.json_schema import models_json_schema

from omneo_api import __version__
from omneo_api.foundation.fields import Body
from omneo_api.foundation.operations import Operation
from omneo_api.foundation.render import Read
from omneo_api.foundation.routing import PARAMETER

TITLES = {"v3": "Omneo API v3", "id": "Omneo ID"}
SERVERS = {"v3": "/api/v3", "id": "/"}
PREFIXES = {"v3": "", "id": "/id/api/v1"}
TEXTS = {
    400: "Malformed JSON, unknown filter or operator",
    401: "Unauthenticated.",
    403: "The token lacks the scope, or the user the permission",
    404: "Not Found",
    409: "State conflict",
    413: "Payload Too Large",
    415: "Unsupported Media Type",
    422: "The given data was invalid.",
    429: "Too Many Attempts.",
}
ERROR = {"$ref": "#/components/schemas/Error"}
INVALID = {"$ref": "#/components/schemas/Invalid"}
PAGING = [
    {"name": "page[size]", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 15}},
    {"name": "page[number]", "in": "query", "schema": {"type": "integer", "minimum": 1, "default": 1}},
]


def document(operations: Sequence[Operation], which: str, besides: Sequence[Operation] = ()) -> bytes:
    """The document of one base, as indented JSON; `besides` are operations outside it that belong to the contract."""
    schemas = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = PREFIXES[which] + PARAMETER.sub(r"{\1}", operation.path) or "/"
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation)
    for operation in besides:
        paths[operation.path] = {"servers": [{"url": "/"}], operation.method.lower(): _operation(operation)}
    content = {
        "openapi": "3.1.0",
        "info": {"title": TITLES[which], "version": __version__, "description": _about(which)},
        "servers": [{"url": SERVERS[which]}],
        "security": [{"bearer": []}],
        "paths": dict(sorted(paths.items())),
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}, "schemas": schemas},
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)


def _about(which: str) -> str:
    return {
        "v3": "The admin and server API. Every path also answers below /v3.",
        "id": "The customer-facing API: a short-lived token of one profile opens only that profile.",
    }[which]


def _schemas(operations: Sequence[Operation]) -> dict[str, Any]:
    models: dict[tuple[Any, Any], None] = {}
    for operation in operations:
        if operation.body is not None:
            models[operation.body, "validation"] = None
        if isinstance(operation.answers, type) and issubclass(operation.answers, Read):
            models[operation.answers, "serialization"] = None
    _, definitions = models_json_schema(list(models), ref_template="#/components/schemas/{model}")
    schemas: dict[str, Any] = definitions.get("$defs", {})
    schemas["Error"] = {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}
    texts = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
    schemas["Invalid"] = {
        "type": "object",
        "required": ["message", "errors"],
        "properties": {"message": {"type": "string"}, "errors": texts},
    }
    return dict(sorted(schemas.items()))


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": _identifier(operation),
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": _parameters(operation),
        "responses": _responses(operation),
    }
    text = operation.description
    if operation.scopes:
        text = f"{text}\n\nScope: {' or '.join(f'`{scope}`' for scope in operation.scopes)}.".strip()
    if text:
        described["description"] = text
    if operation.auth == "none":
        described["security"] = []
    if operation.body is not None:
        content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{operation.body.__name__}"}}
        if operation.example is not None:
            content["example"] = operation.example
        described["requestBody"] = {"content": {"application/json": content}}
    return described


def _identifier(operation: Operation) -> str:
    words = PARAMETER.sub(r"by_\1", operation.path).replace(".", "_").replace("-", "_").replace(":", "_")
    return "_".join([operation.method.lower(), *[part for part in words.split("/") if part]])


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    kinds = dict(operation.takes)
    found: list[dict[str, Any]] = []
    for match in PARAMETER.finditer(operation.path):
        name = match.group(1)
        kind = (
            {"type": "integer", "minimum": 1}
            if kinds.get(name) is int or match.group(2) == "int"
            else {"type": "string"}
        )
        found.append({"name": name, "in": "path", "required": True, "schema": kind})
    if operation.listing is not None:
        if operation.envelope in ("page", "flat"):
            found += PAGING
        found.append(
            {"name": "sort", "in": "query", "schema": {"type": "string"}, "description": "`field` or `-field`"}
        )
        found += [
            {"name": f"filter[{name}]", "in": "query", "schema": {"type": "string"}}
            for name in operation.listing.filters
        ]
        if operation.listing.includable:
            names = ", ".join(operation.listing.includable)
            found.append(
                {
                    "name": "include",
                    "in": "query",
                    "schema": {"type": "string"},
                    "description": f"Comma list of {names}",
                }
            )
    return found


def _responses(operation: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {str(code): _success(operation, code) for code in operation.success}
    refusals = [401, 403, 404, 429] if operation.auth != "none" else []
    refusals += [400, 422] if operation.listing is not None or operation.body is not None else []
    refusals += [409, 413, 415] if operation.body is not None else []
    for code in sorted(set(refusals)):
        schema = INVALID if code == 422 else ERROR
        responses.setdefault(
            str(code), {"description": TEXTS[code], "content": {"application/json": {"schema": schema}}}
        )
    return responses


def _success(operation: Operation, code: int) -> dict[str, Any]:
    if code == 204 or operation.envelope == "none":
        return {"description": "Done; no body" if code < 300 else TEXTS.get(code, "Refused")}
    schema = _answer_schema(operation)
    return {"description": "OK" if code == 200 else "Created", "content": {"application/json": {"schema": schema}}}


def _answer_schema(operation: Operation) -> dict[str, Any]:
    answers = operation.answers
    is_read = isinstance(answers, type) and issubclass(answers, Read | Body)
    item: dict[str, Any] = {"$ref": f"#/components/schemas/{answers.__name__}"} if is_read else {}
    if operation.envelope == "bare":
        return item
    if operation.envelope in ("page", "list"):
        properties: dict[str, Any] = {"data": {"type": "array", "items": item}}
        if operation.envelope == "page":
            properties |= {"links": {"type": "object"}, "meta": {"type": "object"}}
        return {"type": "object", "required": list(properties), "properties": properties}
    if operation.envelope == "flat":
        return {"type": "object", "properties": {"current_page": {"type": "integer"}, "data": {"type": "array"}}}
    return {"type": "object", "required": ["data"], "properties": {"data": item}}
