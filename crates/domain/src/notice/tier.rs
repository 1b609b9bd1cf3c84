//! News of a tier that is given by people.

use crate::catalog::TierSlug;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TierNotice {
    /// We have the member's application.
    Applied {
        tier: TierSlug,
    },
    Invited {
        tier: TierSlug,
    },
    Declined {
        tier: TierSlug,
    },
    Assigned {
        tier: TierSlug,
        until: Option<Timestamp>,
    },
    AssignmentEnded {
        tier: TierSlug,
    },
}
