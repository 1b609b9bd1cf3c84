//! Who changes a subscription: our own calls, noted before Stripe is asked, and Stripe itself.

use super::Change;

/// Whom a change is attributed to. `as_str` is the word in `subscription_changes.cause`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    Member,
    Admin,
    /// No call of ours could have made it: time, a bank, Stripe's dashboard or portal.
    Stripe,
    /// Our own repair, or a worker that undoes what nobody finished.
    Reconcile,
}

impl Cause {
    pub const ALL: [Self; 4] = [Self::Member, Self::Admin, Self::Stripe, Self::Reconcile];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Stripe => "stripe",
            Self::Reconcile => "reconcile",
        }
    }
}

/// On whose behalf a use case runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    pub cause: Cause,
    /// Which administrator, or which reconciliation run; the member needs no other name than the account's.
    pub actor: Option<String>,
}

impl By {
    pub const fn member() -> Self {
        Self { cause: Cause::Member, actor: None }
    }

    pub fn admin(actor: impl Into<String>) -> Self {
        Self { cause: Cause::Admin, actor: Some(actor.into()) }
    }

    pub const fn reconcile() -> Self {
        Self { cause: Cause::Reconcile, actor: None }
    }
}

/// What kind of call it is. `as_str` is the word in `subscription_calls.kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Subscribe,
    /// A change of plan that takes effect at once.
    Update,
    /// A change of plan at the end of the period.
    Schedule,
    Cancel,
    Resume,
    Pause,
    Pay,
    /// Ended for another reason than that its member asked to cancel.
    End,
}

impl Call {
    pub const ALL: [Self; 8] = [
        Self::Subscribe,
        Self::Update,
        Self::Schedule,
        Self::Cancel,
        Self::Resume,
        Self::Pause,
        Self::Pay,
        Self::End,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Update => "update",
            Self::Schedule => "schedule",
            Self::Cancel => "cancel",
            Self::Resume => "resume",
            Self::Pause => "pause",
            Self::Pay => "pay",
            Self::End => "end",
        }
    }

    /// Whether such a call can be the reason for such a change. Every call that changes something first lets go
    /// of a schedule.
    pub const fn may_cause(self, change: Change) -> bool {
        match self {
            Self::Subscribe => matches!(
                change,
                Change::Started
                    | Change::TrialStarted
                    | Change::Activated
                    | Change::Expired
                    | Change::Canceled
            ),
            Self::Update | Self::Schedule => matches!(
                change,
                Change::PlanChanged
                    | Change::Activated
                    | Change::ChangeScheduled
                    | Change::ScheduleUndone
                    | Change::CancellationUndone
            ),
            Self::Cancel | Self::End => matches!(
                change,
                Change::CancellationScheduled
                    | Change::Canceled
                    | Change::Expired
                    | Change::ScheduleUndone
                    | Change::Resumed
            ),
            Self::Resume => matches!(
                change,
                Change::CancellationUndone | Change::ScheduleUndone | Change::Resumed | Change::Renewed
            ),
            Self::Pause => matches!(change, Change::Paused),
            // What begins a period after a pause may be declined, and paid later.
            Self::Pay => matches!(change, Change::Activated | Change::Recovered | Change::Resumed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_time_brings_is_no_calls_doing() {
        let by_a_call =
            |change| Call::ALL.into_iter().filter(|call| call.may_cause(change)).collect::<Vec<_>>();
        assert_eq!(by_a_call(Change::FellPastDue), []);
        assert_eq!(by_a_call(Change::Suspended), []);
        assert_eq!(by_a_call(Change::Renewed), [Call::Resume], "a resumed one is billed anew");
        assert_eq!(by_a_call(Change::Paused), [Call::Pause]);
        assert_eq!(by_a_call(Change::PlanChanged), [Call::Update, Call::Schedule]);
    }
}
