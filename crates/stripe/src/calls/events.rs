//! Events that no endpoint took, and a sign of life.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::requests::{self, Created, EVENT_TYPES_A_CALL};
use crate::types::Page;
use crate::webhook::{Event, read_event};
use domain::ids::StripeEventId;

impl Gateway {
    pub async fn retrieve_event(&self, id: &StripeEventId) -> Result<Event, Error> {
        self.fetch(&requests::retrieve_event(id), read_event).await
    }

    /// One page, newest first, of at most 20 types.
    pub async fn list_events(
        &self,
        created: Created,
        types: &[&str],
        after: Option<&str>,
    ) -> Result<Page<Event>, Error> {
        self.page(&requests::list_events(created, types, after), read_event).await
    }

    /// Every event of these types, oldest first. Stripe keeps them for 30 days; look back further than the
    /// last one seen, since order is not promised.
    pub async fn events_since(&self, created: Created, types: &[&str]) -> Result<Vec<Event>, Error> {
        let mut all = Vec::new();
        for some in types.chunks(EVENT_TYPES_A_CALL) {
            all.extend(
                self.every_page(|after| requests::list_events(created, some, after), read_event).await?,
            );
        }
        all.sort_by(|one: &Event, other| (one.created, &one.id).cmp(&(other.created, &other.id)));
        Ok(all)
    }

    /// Whether Stripe answers, and takes our key.
    pub async fn ping(&self) -> Result<(), Error> {
        self.fetch(&requests::ping(), |_| Ok(())).await
    }
}
