"""Django: who asks is taken from the request, and a refusal is answered as billing gave it."""

from .configuration import NotSignedIn, billing, member_of
from .decorators import consume, require_feature
from .middleware import BillingMiddleware, problem_response

__all__ = [
    "BillingMiddleware",
    "NotSignedIn",
    "billing",
    "consume",
    "member_of",
    "problem_response",
    "require_feature",
]
