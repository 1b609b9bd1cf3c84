//! The journal: every change set, one JSON line each, on disk before the answer goes out.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use anyhow::{Context, Result, bail};
use tokio::sync::oneshot;

use super::replay::read;
use crate::core::change::Line;
use crate::core::kept::Read;

const FILE: &str = "journal.jsonl";

/// A journal smaller than this (bytes) is never written anew.
const SMALL: u64 = 64 << 20;

/// How long the file is, and from which length on it should be written anew (bytes).
#[derive(Debug)]
struct Size {
    bytes: AtomicU64,
    compact_at: AtomicU64,
}

impl Size {
    fn of(bytes: u64) -> Self {
        Self { bytes: AtomicU64::new(bytes), compact_at: AtomicU64::new(SMALL) }
    }

    /// The file is new, and this long.
    fn renewed(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::SeqCst);
        self.compact_at.store(SMALL.max(bytes.saturating_mul(4)), Ordering::SeqCst);
    }
}

enum Job {
    Append(Line),
    /// Replaces the whole file by these lines.
    Compact(Vec<Line>),
    /// Answers when everything before it is on disk.
    Flush(oneshot::Sender<()>),
}

/// A writer in a thread of its own: what has gathered while the disk was busy is synced at once.
#[derive(Debug)]
pub(crate) struct Journal {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    size: Arc<Size>,
}

impl Journal {
    /// Nothing is kept.
    pub(crate) fn in_memory() -> Self {
        Self { jobs: None, thread: None, size: Arc::new(Size::of(0)) }
    }

    /// Opens the journal of a folder, and hands each of its lines over, oldest first.
    ///
    /// # Errors
    /// When the folder is in use, cannot be written, or a line other than the last is damaged. A last line that was
    /// cut off by a crash was never acknowledged, and is dropped.
    pub(crate) fn open(dir: &Path, mut replay: impl FnMut(Read)) -> Result<Self> {
        std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let lock = File::create(dir.join("lock"))?;
        if lock.try_lock().is_err() {
            bail!("{} is in use by another sandbox", dir.display());
        }
        let path = dir.join(FILE);
        let file = OpenOptions::new().append(true).create(true).open(&path)?;
        let good = read(&path, &mut replay)?;
        file.set_len(good)?;
        file.sync_all()?;
        let (jobs, inbox) = mpsc::channel();
        let size = Arc::new(Size::of(good));
        let writer = Writer { dir: dir.to_owned(), file, size: Arc::clone(&size), _lock: lock };
        let thread = std::thread::Builder::new().name("journal".into()).spawn(move || writer.run(&inbox))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), size })
    }

    /// Whether the file is mostly history by now: long, and four times as long as when it was written anew.
    pub(crate) fn wants_compaction(&self) -> bool {
        self.size.bytes.load(Ordering::SeqCst) >= self.size.compact_at.load(Ordering::SeqCst)
    }

    pub(crate) fn append(&self, line: Line) {
        self.send(Job::Append(line));
    }

    pub(crate) fn compact(&self, lines: Vec<Line>) {
        // Not again until this is done.
        self.size.compact_at.store(u64::MAX, Ordering::SeqCst);
        self.send(Job::Compact(lines));
    }

    /// A promise that everything appended so far is on disk. An error means that it is not, and never will be.
    pub(crate) fn flushed(&self) -> Option<oneshot::Receiver<()>> {
        self.jobs.as_ref()?;
        let (done, wait) = oneshot::channel();
        self.send(Job::Flush(done));
        Some(wait)
    }

    fn send(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            // A writer that died has said why, and drops the promises: the requests fail.
            let _ = jobs.send(job);
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Writer {
    dir: PathBuf,
    file: File,
    size: Arc<Size>,
    _lock: File,
}

impl Writer {
    fn run(mut self, inbox: &mpsc::Receiver<Job>) {
        while let Ok(first) = inbox.recv() {
            let mut batch = vec![first];
            batch.extend(inbox.try_iter());
            if let Err(error) = self.write(batch) {
                tracing::error!(%error, "the journal cannot be written: nothing more is acknowledged");
                return;
            }
        }
    }

    fn write(&mut self, batch: Vec<Job>) -> Result<()> {
        let (mut text, mut waiting) = (Vec::new(), Vec::new());
        for job in batch {
            match job {
                Job::Append(line) => {
                    serde_json::to_writer(&mut text, &line)?;
                    text.push(b'\n');
                }
                Job::Compact(lines) => {
                    self.replace(&lines)?;
                    // What was waiting to be written is part of the replaced file already.
                    text.clear();
                }
                Job::Flush(done) => waiting.push(done),
            }
        }
        if !text.is_empty() {
            self.file.write_all(&text)?;
            self.file.sync_data()?;
            self.size.bytes.fetch_add(text.len() as u64, Ordering::SeqCst);
        }
        for done in waiting {
            let _ = done.send(());
        }
        Ok(())
    }

    /// Writes beside, syncs, and renames: a crash leaves the old file or the new one.
    fn replace(&mut self, lines: &[Line]) -> Result<()> {
        let (path, beside) = (self.dir.join(FILE), self.dir.join("journal.new"));
        let mut writer = BufWriter::new(File::create(&beside)?);
        for line in lines {
            serde_json::to_writer(&mut writer, line)?;
            writer.write_all(b"\n")?;
        }
        writer.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(&beside, &path)?;
        File::open(&self.dir)?.sync_all()?;
        self.file = OpenOptions::new().append(true).open(&path)?;
        self.size.renewed(self.file.metadata()?.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(offset_ms: i64) -> Line {
        Line::Clock { offset_ms }
    }

    fn offsets(dir: &Path) -> (Journal, Vec<i64>) {
        let mut seen = Vec::new();
        let journal = Journal::open(dir, |line| {
            if let Read::Clock(offset_ms) = line {
                seen.push(offset_ms);
            }
        });
        (journal.unwrap(), seen)
    }

    #[test]
    fn a_long_journal_is_read_in_order_up_to_a_line_that_was_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        let (journal, _) = offsets(dir.path());
        (0..5000).for_each(|offset| journal.append(clock(offset)));
        drop(journal);
        let path = dir.path().join(FILE);
        let good = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{good}{{\"clock\"")).unwrap();
        assert_eq!(offsets(dir.path()).1, (0..5000).collect::<Vec<_>>());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), good);
        let broken = good.replacen("3999", "x", 1);
        std::fs::write(&path, broken).unwrap();
        let error = Journal::open(dir.path(), |_| {}).unwrap_err().to_string();
        assert!(error.contains("damaged at line 4000"), "{error}");
    }

    #[test]
    fn lines_come_back_in_order_and_a_compacted_journal_holds_only_what_it_was_given() {
        let dir = tempfile::tempdir().unwrap();
        let (journal, seen) = offsets(dir.path());
        assert_eq!(seen, [0_i64; 0]);
        for offset in [1, 2, 3] {
            journal.append(clock(offset));
        }
        journal.flushed().unwrap().blocking_recv().unwrap();
        drop(journal);
        let (journal, seen) = offsets(dir.path());
        assert_eq!(seen, [1, 2, 3]);
        journal.append(clock(4));
        journal.compact(vec![clock(10)]);
        journal.append(clock(11));
        drop(journal);
        assert_eq!(offsets(dir.path()).1, [10, 11]);
    }
}
