"""A real server on a loopback port, for what needs sockets: fuzzing and clients that hang up."""

import contextlib
import re
import socket
import threading
import time
from collections.abc import Iterator

import uvicorn

from omneo_api.app import create_app
from omneo_api.settings import Settings


@contextlib.contextmanager
def serving(settings: Settings, database_url: str) -> Iterator[str]:
    """The base URL of a server in a thread of its own."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(256)
        config = uvicorn.Config(
            create_app(settings, database_url),
            lifespan="on",
            log_level="error",
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        for _ in range(200):
            if server.started:
                break
            time.sleep(0.05)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(15)


def named_database(url: str, database: str) -> str:
    """The same server's URL for another database."""
    return re.sub(r"^(\w+://[^/]*/)[^?]*", lambda match: match.group(1) + database, url)
