//! What processes have used, by /proc.

use std::fs;

/// In clock ticks, of which Linux has a hundred a second.
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds of CPU of a process and its children that live, or that it has waited for.
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    let own = |pid: u32, fields: std::ops::Range<usize>| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let stat: Vec<_> =
            stat.rsplit(')').next().unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        let ticks: u64 =
            stat.get(fields).unwrap_or_default().iter().filter_map(|field| field.parse::<u64>().ok()).sum();
        ticks as f64 / TICKS_PER_SECOND
    };
    // utime, stime, and those of children that were waited for.
    own(pid, 11..15) + children(pid).into_iter().map(|child| own(child, 11..13)).sum::<f64>()
}

fn children(parent: u32) -> Vec<u32> {
    let is_child = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parent_of =
            stat.rsplit(')').next().unwrap_or_default().split_whitespace().nth(1).map(str::to_owned);
        parent_of.and_then(|of| of.parse().ok()) == Some(parent)
    };
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_child).collect()
}

/// The most that a process had resident since [`forget_peak`], in MiB.
pub(crate) fn peak_mib(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

/// From now on the peak is another.
pub(crate) fn forget_peak(pid: u32) {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").unwrap();
}
