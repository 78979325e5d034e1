"""Keys that each tenant has of its own, derived from the installation's one secret."""

import hashlib
import hmac

from omneo_api.settings import Settings


def request_key(settings: Settings, tenant: str) -> str:
    """The secret that signs a tenant's webhooks and targets, 64 hex characters; `app.request_key` of the environment.

    tenant: the tenant's handle. Raises: RuntimeError when the installation has no secret.
    """
    if settings.secret_key is None:
        raise RuntimeError("the installation has no secret key")
    secret = settings.secret_key.get_secret_value().encode()
    return hmac.new(secret, b"request-key:" + tenant.encode(), hashlib.sha256).hexdigest()
