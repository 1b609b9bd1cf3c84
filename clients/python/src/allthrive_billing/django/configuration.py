"""The `ALLTHRIVE_BILLING` setting, and the client that it describes."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.http import HttpRequest
from django.utils.module_loading import import_string

from ..client import Billing
from ..errors import Refused
from ..member import Member

_SETTING = "ALLTHRIVE_BILLING"
#: What the client takes, by the names that a settings file gives it.
_OPTIONS = {
    "URL": "url",
    "SERVICE_KEY": "service_key",
    "CONNECT_TIMEOUT": "connect_timeout",
    "TIMEOUT": "timeout",
    "TOTAL_TIMEOUT": "total_timeout",
    "MAX_ATTEMPTS": "max_attempts",
    "MAX_CONNECTIONS": "max_connections",
    "CACHE_SECONDS": "cache_seconds",
    "ON_UNRECORDED": "on_unrecorded",
}


class NotSignedIn(Refused):
    """Nobody is signed in, so there is nobody to ask billing about."""

    def __init__(self) -> None:
        super().__init__(
            {
                "type": "urn:allthrive:problem:unauthenticated",
                "title": "Sign in first",
                "status": 401,
                "code": "unauthenticated",
            }
        )


@lru_cache(maxsize=1)
def billing() -> Billing:
    """The one client of this process."""
    given = dict(_given())
    given.pop("SUBJECT", None)
    unknown = sorted(set(given) - set(_OPTIONS))
    if unknown:
        raise ImproperlyConfigured(f"{_SETTING} does not know {', '.join(unknown)}")
    missing = [name for name in ("URL", "SERVICE_KEY") if not given.get(name)]
    if missing:
        raise ImproperlyConfigured(f"{_SETTING} needs {' and '.join(missing)}")
    options = {_OPTIONS[name]: _imported(value) if name == "ON_UNRECORDED" else value for name, value in given.items()}
    try:
        return Billing(**options)
    except (TypeError, ValueError) as error:
        raise ImproperlyConfigured(f"{_SETTING}: {error}") from error


def member_of(request: HttpRequest) -> Member:
    """Whom billing is asked about: `request.user`, also of Django REST framework's requests."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        raise NotSignedIn
    return billing().on_behalf_of(_subject()(user))


@lru_cache(maxsize=1)
def _subject() -> Callable[[Any], str]:
    given = _given().get("SUBJECT")
    if given is None:
        return lambda user: str(user.pk)
    function: Callable[[Any], str] = _imported(given)
    return function


def _imported(value: Any) -> Any:
    return import_string(value) if isinstance(value, str) else value


def _given() -> dict[str, Any]:
    given = getattr(settings, _SETTING, None)
    if not isinstance(given, dict):
        raise ImproperlyConfigured(f"{_SETTING} must be a dictionary with URL and SERVICE_KEY")
    return given


def _forget(*, setting: str, **_: object) -> None:
    """For tests that override the setting."""
    if setting == _SETTING:
        if billing.cache_info().currsize:
            billing().close()
        billing.cache_clear()
        _subject.cache_clear()


setting_changed.connect(_forget)
