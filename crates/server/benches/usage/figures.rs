//! What was measured, and how it stands to what pgbench did beside it, as lines of a table.

use crate::load::Measured;
use crate::pgbench::Work;

/// What is measured together, one right after the other: the machine is not as fast at all times.
#[derive(Debug)]
pub(crate) struct Round {
    pub ours: Measured,
    /// By [`Work::ALL`]; empty where there is no PostgreSQL.
    pub pgbench: Vec<Measured>,
    /// How many a second there can be for one hot user, where PostgreSQL was asked ([`at_best`]).
    pub at_best: Option<f64>,
}

/// The head of every column.
pub(crate) fn head() -> String {
    let columns = format!(
        "{:44} {:>10} {:>9} {:>9} {:>9} {:>9} {:>5}",
        "", "a second", "p50 ms", "p95 ms", "p99 ms", "CPU us", "MiB"
    );
    let ratios = ["same", "rows", "least"].map(|work| format!("{work:>8} {:>6}", "p99"));
    format!("{columns}  {}", ratios.join("  "))
}

/// The label of a measurement.
pub(crate) fn label(what: &str, hot: bool, connections: usize) -> String {
    format!("  {what}, {connections} connections{}", if hot { ", one hot user" } else { "" })
}

pub(crate) fn line(label: &str, measured: &Measured) -> String {
    format!(
        "{label:44} {:>10.0} {:>9.2} {:>9.2} {:>9.2}",
        measured.per_second,
        measured.percentile(50),
        measured.percentile(95),
        measured.percentile(99)
    )
}

/// What pgbench did, a line for each work.
pub(crate) fn pgbench_lines(rounds: &[Round], hot: bool, connections: usize) -> Vec<String> {
    let works = Work::ALL.iter().enumerate();
    let lines = works.filter_map(|(at, work)| {
        let measured = middle(rounds.iter().filter_map(|round| round.pgbench.get(at)))?;
        Some(line(&label(work.label(), hot, connections), measured))
    });
    lines.collect()
}

/// How many times as many as pgbench in the same round, and how many times as long its slowest hundredth takes: the median of
/// all rounds, of each work.
pub(crate) fn beside(rounds: &[Round]) -> String {
    ratios(rounds, |round, pgbench| {
        let times = round.ours.per_second / pgbench.per_second;
        Some((times, Some(round.ours.percentile(99) / pgbench.percentile(99))))
    })
}

/// Whoever asks has one request at a time: PostgreSQL's part follows HTTP's. If all come together each time, and nothing has to
/// be decided, this is what there can be for one hot user.
pub(crate) fn at_best(at_once: &Measured, http: &Measured) -> f64 {
    1.0 / (1.0 / at_once.per_second + 1.0 / http.per_second)
}

/// None where PostgreSQL was not asked.
pub(crate) fn at_best_line(rounds: &[Round], connections: usize) -> Option<String> {
    let per_second = median(rounds.iter().filter_map(|round| round.at_best).collect())?;
    let times = ratios(rounds, |round, pgbench| Some((round.at_best? / pgbench.per_second, None)));
    Some(format!("{:44} {per_second:>10.0} {:>45}  {times}", label("at best", true, connections), ""))
}

fn ratios(rounds: &[Round], of: impl Fn(&Round, &Measured) -> Option<(f64, Option<f64>)>) -> String {
    let works = (0..Work::ALL.len()).filter_map(|at| {
        let of_work = rounds.iter().filter_map(|round| of(round, round.pgbench.get(at)?));
        let (times, p99): (Vec<_>, Vec<_>) = of_work.unzip();
        let p99 =
            median(p99.into_iter().flatten().collect()).map_or(String::new(), |p99| format!("{p99:.2}"));
        Some(format!("{:>8.2} {p99:>6}", median(times)?))
    });
    works.collect::<Vec<_>>().join("  ")
}

/// By how many a second.
pub(crate) fn middle<'a>(runs: impl Iterator<Item = &'a Measured>) -> Option<&'a Measured> {
    let mut runs: Vec<_> = runs.collect();
    runs.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    runs.get(runs.len() / 2).copied()
}

fn median(mut of: Vec<f64>) -> Option<f64> {
    of.sort_by(f64::total_cmp);
    let below = of.get(of.len().checked_sub(1)? / 2)?;
    Some(f64::midpoint(*below, of[of.len() / 2]))
}
