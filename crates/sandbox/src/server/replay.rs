//! Reading a journal: what a start consists of.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};

use crate::core::kept::{Read, read as read_line};

/// A journal is read by this many threads at most, each of which gets no less than `FEW` bytes.
const MOST_READERS: u64 = 8;
const FEW: u64 = 32 << 10;

/// A line: what it says, how long it is with its end, and whether it has one.
struct Line {
    said: serde_json::Result<Read>,
    length: usize,
    ends: bool,
}

/// Reads all whole lines; answers the length of the good part.
///
/// Lines are read on all cores: that is nearly all of a start's work. They are handed over in order.
///
/// # Errors
/// When the file cannot be read, or a line other than the last is damaged.
pub(crate) fn read(path: &Path, replay: &mut impl FnMut(Read)) -> Result<u64> {
    let length = File::open(path)?.metadata()?.len();
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let readers = cores.min(MOST_READERS).min(length / FEW).max(1);
    let share = length.div_ceil(readers);
    std::thread::scope(|scope| {
        let parts = (0..readers).map(|number| {
            let part = number * share..length.min((number + 1) * share);
            scope.spawn(move || lines_of(path, part))
        });
        let mut parts: Vec<_> = parts.collect();
        let (mut number, mut good) = (0, 0);
        // The line before is the last one as long as no other comes.
        let mut unfinished: Option<(usize, String)> = None;
        for part in parts.drain(..) {
            let lines = part.join().map_err(|_| anyhow!("{} cannot be read", path.display()))?;
            for line in lines.with_context(|| format!("cannot read {}", path.display()))? {
                if let Some((number, why)) = unfinished {
                    bail!("{} is damaged at line {number}{why}", path.display());
                }
                number += 1;
                match line.said {
                    Ok(said) if line.ends => {
                        replay(said);
                        good += line.length as u64;
                    }
                    Ok(_) => unfinished = Some((number, String::new())),
                    Err(error) => unfinished = Some((number, format!(": {error}"))),
                }
            }
        }
        Ok(good)
    })
}

/// The lines that begin in a part of a file.
fn lines_of(path: &Path, part: Range<u64>) -> std::io::Result<Vec<Line>> {
    // One byte before: a line begins after an end.
    let from = part.start.saturating_sub(1);
    let mut file = BufReader::new(File::open(path)?);
    file.seek(SeekFrom::Start(from))?;
    let size = usize::try_from(part.end - from).unwrap_or_default();
    let mut text = Vec::with_capacity(size + size / 8);
    file.by_ref().take(part.end - from).read_to_end(&mut text)?;
    let first = if part.start == 0 { Some(0) } else { end_of_line(&text, 0) };
    let Some(mut at) = first.filter(|at| *at < text.len()) else { return Ok(Vec::new()) };
    let inside = text.len();
    if !text.ends_with(b"\n") {
        file.read_until(b'\n', &mut text)?;
    }
    let (text, mut lines) = (Arc::new(text), Vec::new());
    while at < inside {
        let end = end_of_line(&text, at);
        let line = at..end.unwrap_or(text.len());
        at = line.end;
        lines.push(Line { length: line.len(), ends: end.is_some(), said: read_line(&text, line) });
    }
    Ok(lines)
}

/// The place after the end of the line that goes on at a place.
fn end_of_line(text: &[u8], from: usize) -> Option<usize> {
    let mut rest = text.get(from..)?;
    let length = rest.skip_until(b'\n').ok()?;
    let end = from + length;
    (end > from && text.get(end - 1) == Some(&b'\n')).then_some(end)
}
