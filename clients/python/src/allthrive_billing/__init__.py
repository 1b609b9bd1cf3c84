"""Ask AllThrive Billing from your backend: what a member may do, and who pays for an AI request."""

from .answers import Allowance, Balance, Consumed, Day, Entitlements, Hold, Spendable, Totals, Usage, UsedFor
from .client import AsyncBilling, Billing
from .errors import (
    PROBLEM_JSON,
    BillingError,
    BillingUnreachable,
    BrowserAnswer,
    FeatureNotInTier,
    HoldNotHeld,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    InvalidRequest,
    KeyRefused,
    LimitReached,
    OutOfAiRequests,
    OutOfTokens,
    Problem,
    RateLimited,
    Refused,
)
from .flows import OnUnreachable, Unrecorded
from .holds import HeldRequest
from .member import AsyncMember, Member

__all__ = [
    "PROBLEM_JSON",
    "Allowance",
    "AsyncBilling",
    "AsyncMember",
    "Balance",
    "Billing",
    "BillingError",
    "BillingUnreachable",
    "BrowserAnswer",
    "Consumed",
    "Day",
    "Entitlements",
    "FeatureNotInTier",
    "HeldRequest",
    "Hold",
    "HoldNotHeld",
    "IdempotencyKeyInUse",
    "IdempotencyKeyReused",
    "InvalidRequest",
    "KeyRefused",
    "LimitReached",
    "Member",
    "OnUnreachable",
    "OutOfAiRequests",
    "OutOfTokens",
    "Problem",
    "RateLimited",
    "Refused",
    "Spendable",
    "Totals",
    "Unrecorded",
    "Usage",
    "UsedFor",
]
