"""Race keys: who holds the key of a race may steer it; made from its id and a secret in the
folder."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from functools import partial
from hashlib import sha256
from pathlib import Path

from resnet_viz.store.database import StoreError
from resnet_viz.store.keys.secret_file import kept_secret

FILE_NAME = "steering.secret"
_BYTES = 32


def steering_key(home: Path, race_id: str) -> str:
    """The key of a race, for a link: HMAC-SHA256 of its id under the secret in `home`.

    Raises:
        StoreError: where the secret can be neither read nor made.
    """
    file = home / FILE_NAME
    secret = kept_secret(file, partial(secrets.token_bytes, _BYTES))
    if len(secret) != _BYTES:
        raise StoreError(f"the file {file} is damaged; delete it, and links with controls are new")
    digest = hmac.digest(secret, race_id.encode(errors="replace"), sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")


def is_key(home: Path, race_id: str, key: str) -> bool:
    """Whether `key` is that of the race, compared in constant time."""
    ours = steering_key(home, race_id).encode()
    return hmac.compare_digest(ours, key.encode(errors="replace"))
