//! Faults on demand: which requests and deliveries are struck, decided by a seed.
//!
//! The rules live in memory: a restart or a reset switches them off.

pub(crate) mod plan;
pub(crate) mod rules;
pub(crate) mod strike;

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::core::value::{Value, json};

use crate::core::state::State;
use plan::Plan;

/// What is to go wrong at present.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    plan: Mutex<Plan>,
}

impl Faults {
    pub(crate) fn plan(&self) -> MutexGuard<'_, Plan> {
        // A plan is counters and rules that are never halfway changed.
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the rules, and starts their generators anew. None: nothing goes wrong any more.
    pub(crate) fn replace(&self, seed: u64, rules: Vec<rules::Rule>, state: &State) {
        *self.plan() = Plan::new(seed, rules, state);
    }

    /// How many rules are in force; none when there are none.
    pub(crate) fn count(&self) -> Option<usize> {
        Some(self.plan().armed.len()).filter(|count| *count > 0)
    }

    /// The rules with how often each was asked and struck.
    pub(crate) fn show(&self) -> Value {
        let plan = self.plan();
        let rules: Vec<Value> = plan.armed.iter().map(plan::Armed::show).collect();
        json!({ "seed": plan.seed, "rules": rules })
    }
}
