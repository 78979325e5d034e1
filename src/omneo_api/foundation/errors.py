"""What can go wrong, one class per answer of conventions §11; the application renders them all in one place."""

from collections.abc import Mapping

import orjson

Errors = dict[str, list[str]]


class ApiError(Exception):
    """An error with its exact HTTP answer: a status, a body of `message` (and `errors`), and headers."""

    status = 500
    message = "Server Error"

    def __init__(self, message: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message or self.message)
        self.message = message or self.message
        self.headers = dict(headers or {})

    def body(self) -> bytes:
        return orjson.dumps({"message": self.message})


class BadRequest(ApiError):
    status = 400
    message = "Malformed JSON in request body."


class Unauthenticated(ApiError):
    status = 401
    message = "Unauthenticated."


class MissingScope(ApiError):
    status = 403
    message = "Invalid scope(s) provided."


class Unauthorized(ApiError):
    status = 403
    message = "This action is unauthorized."


class NotFound(ApiError):
    status = 404
    message = "Not Found"


class MethodNotAllowed(ApiError):
    status = 405

    def __init__(self, method: str, allowed: list[str]) -> None:
        names = ", ".join(allowed)
        super().__init__(
            f"The {method} method is not supported for this route. Supported methods: {names}.", {"Allow": names}
        )


class Conflict(ApiError):
    """A state that an input cannot mend (409); `errors` names the fields where the contract wants them."""

    status = 409

    def __init__(self, message: str, errors: Errors | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message, headers)
        self.errors = errors

    def body(self) -> bytes:
        content: dict[str, object] = {"message": self.message}
        if self.errors:
            content["errors"] = self.errors
        return orjson.dumps(content)


class PayloadTooLarge(ApiError):
    status = 413
    message = "Payload Too Large"


class UnsupportedMediaType(ApiError):
    status = 415
    message = "Unsupported Media Type"


class Invalid(ApiError):
    """Input that breaks a rule (422): dotted field path → texts, all failing fields at once."""

    status = 422
    message = "The given data was invalid."

    def __init__(self, errors: Errors) -> None:
        super().__init__()
        self.errors = errors

    @classmethod
    def field(cls, path: str, text: str) -> "Invalid":
        return cls({path: [text]})

    def body(self) -> bytes:
        return orjson.dumps({"message": self.message, "errors": self.errors})


class TooManyAttempts(ApiError):
    status = 429
    message = "Too Many Attempts."


class Unavailable(ApiError):
    status = 503
    message = "Service Unavailable"

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "5"})


def spoken(path: str) -> str:
    """A dotted field path as the error texts say it: underscores become spaces."""
    return path.replace("_", " ")


def selected_is_invalid(path: str) -> str:
    return f"The selected {spoken(path)} is invalid."


def already_taken(path: str) -> str:
    return f"The {spoken(path)} has already been taken."
