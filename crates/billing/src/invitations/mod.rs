//! The tier that is by invitation only: members apply for it, admins invite.

mod apply;
mod decide;
mod invite;
mod list;

pub use apply::Applied;
pub use list::Standing;
pub use store::invitations::{Invitation, Listed};

use crate::{Billing, Error, Result};
use domain::catalog::{Availability, TierSlug};

impl Billing {
    /// The first tier of the catalog that is by invitation; [`Error::NotFound`] where none is.
    fn tier_by_invitation(&self) -> Result<TierSlug> {
        let tier = self.catalog.tiers.iter().find(|tier| tier.availability == Availability::Invitation);
        tier.map(|tier| tier.slug.clone()).ok_or(Error::NotFound)
    }
}
