//! Which requests and deliveries the rules strike: a generator of its own for each rule, begun by the seed.

use std::collections::HashMap;

use crate::core::value::Value;

use super::rules::{Fault, RequestFault, Rule, WebhookFault};
use crate::core::ids::{Random, hash};
use crate::core::state::State;

/// A rule, its generator, and how often it struck.
#[derive(Debug)]
pub(crate) struct Armed {
    rule: Rule,
    random: Random,
    asked: u64,
    struck: u64,
}

impl Armed {
    pub(crate) fn show(&self) -> Value {
        self.rule.show(self.asked, self.struck)
    }
}

/// The rules in force.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) armed: Vec<Armed>,
    /// The last sequence number of each account when the rules came: deliveries are counted from there.
    since: HashMap<String, u64>,
}

impl Plan {
    pub(crate) fn new(seed: u64, rules: Vec<Rule>, state: &State) -> Self {
        let since = state.accounts.values().map(|account| (account.name.clone(), account.seq)).collect();
        let arm = |(index, rule): (usize, Rule)| Armed {
            rule,
            random: Random(seed ^ hash(&format!("rule {index}"))),
            asked: 0,
            struck: 0,
        };
        Self { seed, armed: rules.into_iter().enumerate().map(arm).collect(), since }
    }

    pub(crate) fn strikes_webhooks(&self) -> bool {
        self.armed.iter().any(|armed| matches!(armed.rule.fault, Fault::Webhook(_)))
    }

    /// What happens to the next request. Latencies add up; of several failures the first rule's counts.
    ///
    /// Every rule that is for the request draws one number, whatever the others drew.
    pub(crate) fn request(&mut self, method: &str, path: &str, at: i64) -> RequestFault {
        let mut all = RequestFault::default();
        for armed in &mut self.armed {
            let Fault::Request(fault) = armed.rule.fault else { continue };
            if !armed.rule.is_for(method, path) || !armed.rule.is_at(at) {
                continue;
            }
            armed.asked += 1;
            if !hits(armed.random.next(), armed.rule.share)
                || (fault.failure.is_some() && all.failure.is_some())
            {
                continue;
            }
            armed.struck += 1;
            all.latency_ms += fault.latency_ms;
            if fault.failure.is_some() {
                all = RequestFault { latency_ms: all.latency_ms, ..fault };
            }
        }
        all
    }

    /// What happens to a delivery that is about to be tried for the first time.
    ///
    /// The draw depends on the delivery's number in its account, not on the moment: deliveries run in parallel, and
    /// the same requests must lose the same ones. `at` is when the event happened.
    pub(crate) fn delivery(&mut self, account: &str, seq: u64, at: i64) -> Option<WebhookFault> {
        let number = seq.wrapping_sub(self.since.get(account).copied().unwrap_or(0));
        let mut all: Option<WebhookFault> = None;
        for armed in &mut self.armed {
            let Fault::Webhook(fault) = armed.rule.fault else { continue };
            if !armed.rule.is_at(at) {
                continue;
            }
            armed.asked += 1;
            let mut random = Random(armed.random.0 ^ hash(&format!("{account} {number}")));
            if !hits(random.next(), armed.rule.share) {
                continue;
            }
            armed.struck += 1;
            let held = if fault.shuffle { random.next() % (fault.delay_ms + 1) } else { fault.delay_ms };
            let all = all.get_or_insert_default();
            all.drop |= fault.drop;
            all.duplicate |= fault.duplicate;
            all.shuffle |= fault.shuffle;
            all.delay_ms += held;
        }
        all
    }
}

/// Whether a drawn number is within a share: 53 bits of it, as a fraction of 1.
#[allow(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
fn hits(drawn: u64, share: f64) -> bool {
    ((drawn >> 11) as f64) < share * (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::super::rules::read;
    use super::*;

    fn plan(text: &str) -> Plan {
        let (seed, rules) = read(text.as_bytes()).unwrap();
        Plan::new(seed, rules, &State::new(1))
    }

    fn failed(plan: &mut Plan) -> Vec<bool> {
        (0..2000).map(|_| plan.request("POST", "/v1/customers", 0).failure.is_some()).collect()
    }

    #[test]
    fn the_same_seed_strikes_the_same_requests_and_another_seed_others() {
        let with =
            |seed| plan(&format!(r#"{{"seed": {seed}, "rules": [{{"target": "request", "share": 0.3}}]}}"#));
        let first = failed(&mut with(1));
        assert_eq!(first, failed(&mut with(1)));
        assert_ne!(first, failed(&mut with(2)));
        let count = first.iter().filter(|hit| **hit).count();
        assert!((500..700).contains(&count), "{count} of 2000 at a share of 0.3");
    }

    #[test]
    fn a_rule_with_a_period_strikes_in_it_and_nowhere_else() {
        let rules =
            r#"{"rules": [{"target": "webhook", "share": 1, "drop": true, "from": 100, "until": 200}]}"#;
        let mut plan = plan(rules);
        let struck: Vec<bool> = [99, 100, 199, 200].map(|at| plan.delivery("a", 1, at).is_some()).into();
        assert_eq!(struck, [false, true, true, false]);
        assert_eq!(plan.armed[0].asked, 2, "outside of its period it is not asked");
    }

    #[test]
    fn shares_of_zero_and_one_are_never_and_always() {
        let with = |share| plan(&format!(r#"{{"rules": [{{"target": "request", "share": {share}}}]}}"#));
        assert!(failed(&mut with(0)).iter().all(|hit| !hit));
        assert!(failed(&mut with(1)).iter().all(|hit| *hit));
    }

    #[test]
    fn what_strikes_a_delivery_does_not_depend_on_the_order_of_sending() {
        let rules = r#"{"seed": 3, "rules": [{"target": "webhook", "share": 0.5, "delay_ms": 100, "shuffle": true}]}"#;
        let (mut forth, mut back) = (plan(rules), plan(rules));
        let first: Vec<_> = (0..200).map(|seq| forth.delivery("a", seq, 0)).collect();
        let mut second: Vec<_> = (0..200).rev().map(|seq| back.delivery("a", seq, 0)).collect();
        second.reverse();
        assert_eq!(first, second);
        assert!(first.iter().any(Option::is_some) && first.iter().any(Option::is_none));
    }
}
