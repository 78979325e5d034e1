"""Rate limits (conventions §12): a fixed one-minute window per key, counted in this process."""

import time

from omneo_api.foundation.errors import TooManyAttempts

WINDOW = 60


class RateLimiter:
    """Counts per key and minute. Windows follow real time: a moved tenant clock must not open or shut them."""

    def __init__(self) -> None:
        self._window = 0
        self._counts: dict[object, int] = {}

    def count(self, key: object, limit: int) -> list[tuple[str, str]]:
        """Counts one request and gives the headers of a counted answer (none when the limit is 0).

        Raises: TooManyAttempts with `Retry-After` and `X-RateLimit-*`.
        """
        if limit <= 0:
            return []
        now = int(time.time())
        window = now // WINDOW
        if window != self._window:
            self._window, self._counts = window, {}
        used = self._counts.get(key, 0) + 1
        self._counts[key] = used
        if used > limit:
            reset = (window + 1) * WINDOW
            raise TooManyAttempts(
                headers={
                    "X-RateLimit-Limit": str(limit),
                    "X-RateLimit-Remaining": "0",
                    "X-RateLimit-Reset": str(reset),
                    "Retry-After": str(max(1, reset - now)),
                }
            )
        return [("X-RateLimit-Limit", str(limit)), ("X-RateLimit-Remaining", str(limit - used))]
