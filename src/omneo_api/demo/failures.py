"""Why demo data could not be loaded."""


class LoadFailed(Exception):
    """The server refused or could not be reached; the text says why."""
