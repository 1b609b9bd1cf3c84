//! Who asks: connections that are kept open, each with one request at a time, on one thread, as lean as pgbench is.

use crate::clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What was measured: how many a second, and how long each took, ascending, in microseconds.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    pub per_second: f64,
    pub micros: Vec<u32>,
}

impl Measured {
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let at = (self.micros.len() * percent / 100).min(self.micros.len().saturating_sub(1));
        f64::from(self.micros.get(at).copied().unwrap_or_default()) / 1000.0
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub address: std::net::SocketAddr,
    /// The service key.
    pub key: String,
    pub asks: Asks,
    /// Of the next request: all measurements go on with the users where the one before has stopped.
    pub next: Arc<AtomicU64>,
}

#[derive(Debug, Clone)]
pub(crate) enum Asks {
    /// `run` makes idempotency keys that no other measurement has.
    Consume { users: u64, run: String },
    /// Whether the program is up, with as long a head: what HTTP alone costs here.
    Health,
}

impl Target {
    fn request(&self, number: u64) -> String {
        // Knuth's multiplier: all users in turn, and no two neighbours.
        let user = |users: u64| number.wrapping_mul(2_654_435_761) % users;
        let (first, user, run, rest) = match &self.asks {
            Asks::Consume { users, run } => (
                "POST /api/v1/billing/usage/consume/",
                user(*users),
                run.as_str(),
                "content-type: application/json\r\ncontent-length: 12\r\n\r\n{\"tokens\":1}",
            ),
            Asks::Health => ("GET /healthz", number, "none", "\r\n"),
        };
        format!(
            "{first} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {}\r\non-behalf-of: u{user}\r\n\
             idempotency-key: {run}-{number}\r\n{rest}",
            self.key
        )
    }
}

/// Panics on an answer that is not 200: then it is not what was asked for that was measured.
pub(crate) async fn measure(target: Target, connections: usize, seconds: u64) -> Measured {
    // A runtime of one thread, in a thread of its own: what measures must not take a core from what is measured twice.
    let asked = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(tokio::task::LocalSet::new().run_until(ask(target, connections, seconds)))
    });
    asked.await.unwrap()
}

async fn ask(target: Target, connections: usize, seconds: u64) -> Measured {
    let target = Arc::new(target);
    let mut streams = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(target.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        streams.push(stream);
    }
    let started = clock::start();
    let end = started + Duration::from_secs(seconds);
    let asking: Vec<_> = streams
        .into_iter()
        .map(|stream| tokio::task::spawn_local(one_connection(stream, target.clone(), end)))
        .collect();
    let mut micros = Vec::new();
    for connection in asking {
        micros.extend(connection.await.unwrap());
    }
    let per_second = micros.len() as f64 / started.elapsed().as_secs_f64();
    micros.sort_unstable();
    Measured { per_second, micros }
}

async fn one_connection(mut stream: TcpStream, target: Arc<Target>, end: Instant) -> Vec<u32> {
    let mut micros = Vec::new();
    let mut answer = vec![0; 16 * 1024];
    loop {
        let number = target.next.fetch_add(1, Ordering::Relaxed);
        let request = target.request(number);
        let sent = clock::start();
        if sent >= end {
            return micros;
        }
        stream.write_all(request.as_bytes()).await.unwrap();
        let length = read_answer(&mut stream, &mut answer).await;
        let answered = std::str::from_utf8(&answer[..length]).unwrap();
        assert!(answered.starts_with("HTTP/1.1 200"), "{answered}");
        micros.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
}

/// Head and body, as long as Content-Length says.
async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> usize {
    let mut length = 0;
    loop {
        let read = stream.read(&mut buffer[length..]).await.unwrap();
        assert!(read > 0, "the server has closed the connection");
        length += read;
        let Some(head) = buffer[..length].windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&buffer[..head]).unwrap();
        let body: usize = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .and_then(|value| value.parse().ok())
            .expect("an answer with a length");
        if length >= head + 4 + body {
            return length;
        }
    }
}
