//! Usage as a member sees it: today, this month, the last 30 days, and when the tokens run out.

use crate::{Billing, Result};
use domain::allowance::{Allowance, Window};
use domain::catalog::WindowKind;
use domain::ids::AccountId;
use domain::time::{DAY, Timestamp};
use domain::usage::Label;
use std::collections::BTreeMap;
use store::usage_days::LabelledTotals;

/// How many days the series has, today included.
const DAYS: i64 = 30;
/// The longest list of what it was used for. Members may label their own requests as they like.
const LONGEST: i64 = 50;
/// Over how many days the projection takes its average, today included.
const PROJECTION_DAYS: i64 = 7;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UsageTotals {
    pub ai_requests: i64,
    pub tokens: i64,
}

/// What was used for one feature and one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedFor {
    pub label: Label,
    pub totals: UsageTotals,
}

#[derive(Debug)]
pub struct UsageReport {
    pub today: UsageTotals,
    pub month: UsageTotals,
    pub allowance: Allowance,
    /// Thirty days in UTC, oldest first, days without use included.
    pub days: Vec<(String, UsageTotals)>,
    /// Those thirty days by feature and model: at most fifty of them, those with the most requests first.
    pub used_for: Vec<UsedFor>,
    /// Tokens a day, averaged over the last seven days and rounded up.
    pub tokens_per_day: i64,
    /// The UTC date on which the balance is used up at that rate; `None` without use.
    pub runs_out_on: Option<String>,
}

impl Billing {
    pub async fn usage_report(&self, account: &AccountId) -> Result<UsageReport> {
        let now = self.now();
        let mut reader = self.db.reader();
        let allowance = self.allowance(&mut reader, account, now).await?;
        let month_start = Window::at(WindowKind::Month, now, None).start;
        let since = month_start.min(first_day(now)).date();
        let used: BTreeMap<String, UsageTotals> = store::usage::days(&mut reader, account, &since)
            .await?
            .into_iter()
            .map(|day| (day.date, UsageTotals { ai_requests: day.ai_requests, tokens: day.tokens }))
            .collect();
        let first = first_day(now).date();
        let used_for = store::usage_days::by_label(&mut reader, account, &first, LONGEST).await?;
        let available = store::tokens::balance(&mut reader, account).await?.available.get();
        let tokens_per_day = average(&used, now);
        Ok(UsageReport {
            today: used.get(&now.date()).copied().unwrap_or_default(),
            month: sum(used.range(month_start.date()..).map(|(_, totals)| totals)),
            allowance,
            days: series(&used, now),
            used_for: used_for.into_iter().map(UsedFor::of).collect(),
            tokens_per_day,
            runs_out_on: (tokens_per_day > 0).then(|| runs_out_on(available, tokens_per_day, now)),
        })
    }
}

impl UsedFor {
    fn of(row: LabelledTotals) -> Self {
        let LabelledTotals { feature, model, ai_requests, tokens } = row;
        let model = Some(model).filter(|model| !model.is_empty());
        Self { label: Label { feature, model }, totals: UsageTotals { ai_requests, tokens } }
    }
}

/// Of the series.
pub(super) fn first_day(now: Timestamp) -> Timestamp {
    now.minus((DAYS - 1) * DAY)
}

fn series(used: &BTreeMap<String, UsageTotals>, now: Timestamp) -> Vec<(String, UsageTotals)> {
    (0..DAYS)
        .rev()
        .map(|ago| now.minus(ago * DAY).date())
        .map(|date| {
            let totals = used.get(&date).copied().unwrap_or_default();
            (date, totals)
        })
        .collect()
}

fn average(used: &BTreeMap<String, UsageTotals>, now: Timestamp) -> i64 {
    let since = now.minus((PROJECTION_DAYS - 1) * DAY).date();
    let tokens = sum(used.range(since..).map(|(_, totals)| totals)).tokens;
    (tokens + PROJECTION_DAYS - 1) / PROJECTION_DAYS
}

fn runs_out_on(available: i64, tokens_per_day: i64, now: Timestamp) -> String {
    // A balance that lasts longer than dates can be written lasts until the last of them.
    now.plus((available / tokens_per_day).saturating_mul(DAY)).date()
}

fn sum<'a>(totals: impl Iterator<Item = &'a UsageTotals>) -> UsageTotals {
    totals.fold(UsageTotals::default(), |sum, day| UsageTotals {
        ai_requests: sum.ai_requests.saturating_add(day.ai_requests),
        tokens: sum.tokens.saturating_add(day.tokens),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_has_thirty_days_and_ends_today() {
        let now = Timestamp(1_772_323_199_000);
        let days = series(&BTreeMap::new(), now);
        assert_eq!((days.len(), days[29].0.as_str(), days[0].0.as_str()), (30, "2026-02-28", "2026-01-30"));
    }

    #[test]
    fn the_projection_averages_seven_days() {
        let now = Timestamp(1_772_323_199_000);
        let day = |ago: i64, tokens| (now.minus(ago * DAY).date(), UsageTotals { ai_requests: 1, tokens });
        let used = BTreeMap::from([day(0, 700), day(6, 699), day(7, 9_999)]);
        assert_eq!(average(&used, now), 200);
        assert_eq!(runs_out_on(1_000, 200, now), "2026-03-05");
    }
}
