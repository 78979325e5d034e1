"""Migrations against a throw-away server: up, no difference from the models, down to nothing, up again."""

import re
import shutil
import sys
import tempfile
from pathlib import Path

import psycopg
from alembic.util import CommandError

from omneo_api.foundation import migrations
from omneo_api.foundation.embedded import EmbeddedPostgres


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="omneo-check-"))
    server = EmbeddedPostgres(folder, {"fsync": "off", "synchronous_commit": "off"})
    try:
        login = server.start()
        with psycopg.connect(login, autocommit=True) as connection:
            connection.execute("CREATE DATABASE agree")
        url = re.sub(r"/omneo\?", "/agree?", login)
        migrations.upgrade(url)
        migrations.check(url)
        migrations.downgrade(url, "base")
        migrations.upgrade(url)
        migrations.check(url)
    except CommandError as fault:
        print(f"{fault}: write the missing migration.")
        return 1
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
