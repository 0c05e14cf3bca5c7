"""Owner key: who has it may list, stop and delete all runs of a folder, from anywhere.

It is in a file of the folder, so that it outlives a restart; deleting the file makes a new one.
"""

from __future__ import annotations

import hmac
import re
import secrets
from pathlib import Path

from resnet_viz.store.database import StoreError
from resnet_viz.store.keys.secret_file import kept_secret

FILE_NAME = "owner.key"
_KEY = re.compile(r"[\w-]{20,200}", re.ASCII)


def owner_key(home: Path) -> str:
    """The owner's key of a folder, as in a link.

    Raises:
        StoreError: where its file can be neither read nor made, or holds no key.
    """
    file = home / FILE_NAME
    text = kept_secret(file, f"{secrets.token_urlsafe(32)}\n".encode)
    key = text.decode(errors="replace").strip()
    if not _KEY.fullmatch(key):
        raise StoreError(
            f"the file {file} holds no owner's key (20 to 200 letters, digits, - and _); delete "
            "it, and a new key is made"
        )
    return key


def is_owner_key(home: Path, key: str) -> bool:
    """Whether `key` is the owner's, compared in constant time."""
    return hmac.compare_digest(owner_key(home).encode(), key.encode(errors="replace"))
