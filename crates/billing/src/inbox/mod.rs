//! The inbox: Stripe's events are stored first and applied later. An event is only a trigger (trap 1).

mod accept;
mod ask;
mod list;
mod replay;
mod resolve;
mod step;
pub(crate) mod work;

pub use accept::Accepted;

pub(crate) use ask::Asker;
pub(crate) use resolve::pause;

use crate::Result;
use domain::ids::StripeCustomerId;
use store::Tx;

/// Whether the customer is of somebody who has left (trap 25): what is told of it is not kept. Locks the account: a
/// deletion that is at its end is waited for, and one that comes later sees what `tx` has stored.
async fn is_gone(tx: &mut Tx, customer: &StripeCustomerId) -> Result<bool> {
    let Some(account) = store::accounts::lock_by_customer(tx, customer).await? else { return Ok(false) };
    Ok(store::accounts::owner(tx, &account).await?.is_none())
}
