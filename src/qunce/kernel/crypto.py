"""Encryption of secrets in the database, with the installation's key."""

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.utils.translation import gettext as _

from qunce.kernel.errors import QunceError


def _fernet() -> Fernet:
    key = hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=32, person=b"qunce-secrets").digest()
    return Fernet(base64.urlsafe_b64encode(key))


def seal(secrets: dict[str, Any]) -> str:
    """Encrypt a JSON object; the result is text and authenticated."""
    return _fernet().encrypt(json.dumps(secrets).encode()).decode()


def unseal(sealed: str) -> dict[str, Any]:
    """Decrypt what `seal` made; an empty string is an empty object. Raises where the key is another."""
    if not sealed:
        return {}
    try:
        opened: dict[str, Any] = json.loads(_fernet().decrypt(sealed.encode()))
    except InvalidToken as error:
        raise QunceError(
            _("The stored secrets cannot be read with this installation's key."),
            fix=_("Put back the file secret.key that belongs to this database, or enter the secrets again."),
        ) from error
    return opened


def derived(purpose: str) -> str:
    """A secret for one purpose, always the same with the installation's key; it says nothing about the others."""
    key = hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=32, person=b"qunce-derived").digest()
    return hashlib.blake2b(purpose.encode(), key=key, digest_size=24).hexdigest()
