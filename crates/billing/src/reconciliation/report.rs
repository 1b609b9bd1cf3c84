//! The report: for a person as text, for a program as JSON.

use domain::ids::ReconciliationRunId;
use domain::reconciliation::{Finding, Ours, Repair, Theirs};
use domain::time::Timestamp;
use serde_json::{Value, json};
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was found.
    Agrees,
    /// Everything that was found is mended.
    Repaired,
    /// Something is left.
    Differs,
    /// Stripe or the database could not be asked to the end.
    Unfinished,
}

impl Outcome {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Repaired => "repaired",
            Self::Differs => "differs",
            Self::Unfinished => "unfinished",
        }
    }
}

/// How much was compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looked {
    pub customers: usize,
    pub subscriptions: usize,
    pub payments: usize,
    pub invoices: usize,
    pub disputes: usize,
}

impl Looked {
    pub(super) fn of(theirs: &Theirs, ours: &Ours) -> Self {
        Self {
            customers: ours.customers.len(),
            subscriptions: theirs.subscriptions.len(),
            payments: theirs.payments.len(),
            invoices: theirs.paid_invoices.len() + theirs.open_invoices.len(),
            disputes: theirs.disputes.len(),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Report {
    pub run: ReconciliationRunId,
    pub repair: bool,
    /// By wall time, as `finished`.
    pub started: Timestamp,
    pub finished: Timestamp,
    /// By business time.
    pub since: Timestamp,
    pub looked: Looked,
    /// In the order in which it was found.
    pub found: Vec<Finding>,
    pub left: Vec<Finding>,
    pub outcome: Outcome,
    pub error: Option<String>,
}

impl Report {
    pub fn to_json(&self) -> Value {
        json!({
            "run": self.run.as_str(),
            "repair": self.repair,
            "started_at": self.started.to_string(),
            "finished_at": self.finished.to_string(),
            "since": self.since.to_string(),
            "outcome": self.outcome.as_str(),
            "error": self.error,
            "compared": {
                "customers": self.looked.customers,
                "subscriptions": self.looked.subscriptions,
                "payments": self.looked.payments,
                "invoices": self.looked.invoices,
                "disputes": self.looked.disputes,
            },
            "repaired": self.repaired().map(finding_json).collect::<Vec<_>>(),
            "left": self.left.iter().map(finding_json).collect::<Vec<_>>(),
        })
    }

    fn repaired(&self) -> impl Iterator<Item = &Finding> {
        let is_left = |one: &&Finding| {
            self.left.iter().any(|left| (left.kind, &left.object) == (one.kind, &one.object))
        };
        self.found.iter().filter(move |one| !is_left(one))
    }
}

fn finding_json(finding: &Finding) -> Value {
    json!({
        "kind": finding.kind.as_str(),
        "object": finding.object,
        "account": finding.account.as_ref().map(ToString::to_string),
        "details": finding.details,
        "repair": remedy(finding),
    })
}

const fn remedy(finding: &Finding) -> &'static str {
    match finding.repair {
        Repair::Fetch { .. } => "fetch it again",
        Repair::End { .. } => "end it and give its payments back",
        Repair::GiveBack { .. } => "give the payment back",
        Repair::FinishCalls => "undo or finish the call",
        Repair::Replay(_) => "apply the event once more",
        Repair::Person => "a person has to look",
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Looked { customers, subscriptions, payments, invoices, disputes } = self.looked;
        writeln!(f, "Reconciliation {} of {}", self.run, self.started)?;
        writeln!(
            f,
            "compared since {}: {customers} customers, {subscriptions} subscriptions, {payments} payments for tokens, {invoices} invoices, {disputes} disputes, and the whole ledger",
            self.since
        )?;
        if let Some(error) = &self.error {
            writeln!(f, "\nIt could not come to its end: {error}")?;
        }
        let repaired: Vec<_> = self.repaired().collect();
        if !repaired.is_empty() {
            writeln!(f, "\nRepaired ({}):", repaired.len())?;
            repaired.iter().try_for_each(|finding| line(f, finding))?;
        }
        if !self.left.is_empty() {
            writeln!(f, "\nDoes not agree ({}):", self.left.len())?;
            for finding in &self.left {
                line(f, finding)?;
                writeln!(f, "      to do: {}", remedy(finding))?;
            }
        }
        match self.outcome {
            Outcome::Agrees => writeln!(f, "\nEverything agrees."),
            Outcome::Repaired => writeln!(f, "\nEverything agrees now."),
            Outcome::Differs if self.repair => {
                writeln!(f, "\nWhat is left needs a person: docs/operations/reconciliation.md")
            }
            Outcome::Differs => writeln!(f, "\nNothing was changed. With --repair, what can be mended is."),
            Outcome::Unfinished => writeln!(f, "\nRun it again."),
        }
    }
}

fn line(f: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
    let account = finding.account.as_ref().map(|account| format!(" of {account}")).unwrap_or_default();
    writeln!(f, "  {}  {}{account}\n      {}", finding.kind.as_str(), finding.object, finding.details)
}
