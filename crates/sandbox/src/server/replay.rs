//! Reading a journal: what a start consists of.

use std::fs::File;
use std::io::{BufRead, Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Result, anyhow, bail};

use crate::core::change::Line;

/// A journal is read by this many threads at most, each of which gets no fewer lines than `FEW`.
const MOST_READERS: usize = 8;
const FEW: usize = 50;

/// Reads all whole lines; answers the length of the good part.
///
/// Lines are parsed on all cores: that is nearly all of a start's work. They are handed over in order.
///
/// # Errors
/// When the file cannot be read, or a line other than the last is damaged.
pub(crate) fn read(file: &mut File, path: &Path, replay: &mut impl FnMut(Line)) -> Result<u64> {
    let mut text = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut text)?;
    let lines = lines_of(&text)?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_READERS);
    let share = lines.len().div_ceil(threads).max(FEW);
    let mut good = 0;
    std::thread::scope(|scope| {
        let parse = |share: &[&[u8]]| share.iter().map(|line| serde_json::from_slice(line)).collect();
        let readers: Vec<_> = lines.chunks(share).map(|share| scope.spawn(move || parse(share))).collect();
        let mut number = 0;
        for reader in readers {
            let parsed: Vec<serde_json::Result<Line>> =
                reader.join().map_err(|_| anyhow!("{} cannot be read", path.display()))?;
            for line in parsed {
                let is_last = number + 1 == lines.len();
                let text = lines[number];
                number += 1;
                match line {
                    Ok(line) if text.ends_with(b"\n") => replay(line),
                    _ if is_last => return Ok(good),
                    Ok(_) => bail!("{} is damaged at line {number}", path.display()),
                    Err(error) => bail!("{} is damaged at line {number}: {error}", path.display()),
                }
                good += text.len() as u64;
            }
        }
        Ok(good)
    })
}

/// The lines of a text, each with its end.
fn lines_of(text: &[u8]) -> Result<Vec<&[u8]>> {
    let (mut rest, mut lines) = (text, Vec::new());
    while !rest.is_empty() {
        let before = rest;
        let length = rest.skip_until(b'\n')?;
        lines.push(&before[..length]);
    }
    Ok(lines)
}
