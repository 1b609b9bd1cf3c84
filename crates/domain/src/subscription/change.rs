//! What happened to a subscription between two observations: the audit log's entries.

/// `as_str` is the word in `subscription_changes.kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Seen for the first time, and not paid for yet.
    Started,
    TrialStarted,
    /// Paid for the first time, or again after a trial.
    Activated,
    Renewed,
    PlanChanged,
    /// Another plan is to begin at the end of the period.
    ChangeScheduled,
    /// It is not, after all.
    ScheduleUndone,
    CancellationScheduled,
    CancellationUndone,
    FellPastDue,
    /// A failed renewal was paid after all.
    Recovered,
    /// Nothing is collected for a while, as its member asked.
    Paused,
    /// It is collected again, and nothing that a pause has skipped is left to be made up for.
    Resumed,
    /// Stripe stopped collecting: unpaid or paused.
    Suspended,
    Canceled,
    /// The first payment never came.
    Expired,
}

impl Change {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::TrialStarted => "trial_started",
            Self::Activated => "activated",
            Self::Renewed => "renewed",
            Self::PlanChanged => "plan_changed",
            Self::ChangeScheduled => "change_scheduled",
            Self::ScheduleUndone => "schedule_undone",
            Self::CancellationScheduled => "cancellation_scheduled",
            Self::CancellationUndone => "cancellation_undone",
            Self::FellPastDue => "fell_past_due",
            Self::Recovered => "recovered",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::Suspended => "suspended",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
        }
    }
}
