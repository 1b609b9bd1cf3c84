//! Schedules of a subscription.

use crate::error::Error;
use crate::gateway::Gateway;
use crate::read::schedules::schedule;
use crate::request::Key;
use crate::requests::{self, Phases};
use crate::types::Schedule;
use domain::ids::{StripePaymentMethodId, StripeSubscriptionId};

impl Gateway {
    /// First step of a change at the end of the period.
    pub async fn create_schedule(
        &self,
        subscription: &StripeSubscriptionId,
        key: &Key,
    ) -> Result<Schedule, Error> {
        self.fetch(&requests::create_schedule(subscription, key), schedule).await
    }

    /// Second step. When it fails, the schedule has to be released, or it blocks every other change.
    pub async fn plan_phases(&self, phases: &Phases<'_>, key: &Key) -> Result<Schedule, Error> {
        self.fetch(&requests::plan_phases(phases, key), schedule).await
    }

    /// One that has let go of its subscription begins nothing any more: then there is nothing to be set.
    pub async fn set_schedule_default(
        &self,
        id: &str,
        method: &StripePaymentMethodId,
        key: &Key,
    ) -> Result<(), Error> {
        match self.fetch(&requests::set_schedule_default(id, method, key), |_| Ok(())).await {
            Err(error @ Error::Invalid { status: 400, .. }) => self.unless_over(id, error).await,
            other => other,
        }
    }

    pub async fn retrieve_schedule(&self, id: &str) -> Result<Schedule, Error> {
        self.fetch(&requests::retrieve_schedule(id), schedule).await
    }

    /// Every change of a subscription begins with this when `schedule` is set. One that has let go already
    /// is as good.
    pub async fn release_schedule(&self, id: &str, key: &Key) -> Result<(), Error> {
        match self.fetch(&requests::release_schedule(id, key), |_| Ok(())).await {
            Err(error @ Error::Invalid { status: 400, .. }) => self.unless_over(id, error).await,
            other => other,
        }
    }

    /// The error, unless the schedule has let go of its subscription.
    async fn unless_over(&self, id: &str, error: Error) -> Result<(), Error> {
        if self.retrieve_schedule(id).await?.over { Ok(()) } else { Err(error) }
    }
}
