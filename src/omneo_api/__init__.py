"""An open, self-hosted backend that speaks the Omneo v3 REST API."""

__version__ = "0.1.0"
