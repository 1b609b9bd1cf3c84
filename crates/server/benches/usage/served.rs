//! The program itself, as a process of its own.

use crate::clock;
use crate::seed::ISSUER;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PROGRAM: &str = env!("CARGO_BIN_EXE_allthrive-billing");
const PATIENCE: Duration = Duration::from_mins(1);
/// No sandbox runs in it, as in production. Stripe is not there, which no AI request needs, and which is not worth a line of log.
const STRIPE: [(&str, &str); 3] = [
    ("STRIPE_SECRET_KEY", "sk_test_bench"),
    ("STRIPE_WEBHOOK_SECRET", "whsec_bench"),
    ("STRIPE_API_BASE", "http://127.0.0.1:9"),
];

pub(crate) struct Served {
    process: Child,
    pub address: SocketAddr,
    /// A service key of its users' host.
    pub key: String,
    /// Until it answered.
    pub started_in: Duration,
}

impl Served {
    /// `batch`: how many requests share a transaction at most.
    pub(crate) async fn start(database: &str, folder: &Path, batch: Option<usize>) -> Self {
        let settings = |command: &mut Command| {
            command.env("DATABASE_URL", database).env("RUST_LOG", "error").envs(STRIPE).current_dir(folder);
        };
        let mut keys = Command::new(PROGRAM);
        settings(&mut keys);
        let made = keys.args(["keys", "create", "bench", "--issuer", ISSUER]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let key = String::from_utf8(made.stdout).unwrap().trim().to_owned();

        let address = free_address();
        let mut serve = Command::new(PROGRAM);
        settings(&mut serve);
        serve
            .env("BILLING_LISTEN", address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .arg("serve");
        if let Some(batch) = batch {
            serve.env("USAGE_BATCH", batch.to_string());
        }
        let begun = clock::start();
        let mut served = Self { process: serve.spawn().unwrap(), address, key, started_in: Duration::ZERO };
        served.wait_until_up(begun).await;
        served.started_in = begun.elapsed();
        served
    }

    async fn wait_until_up(&mut self, begun: Instant) {
        while begun.elapsed() < PATIENCE {
            if is_up(self.address).await {
                return;
            }
            assert!(self.process.try_wait().unwrap().is_none(), "the program has ended");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("the program did not answer within a minute");
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

async fn is_up(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(address).await else { return false };
    let asked = stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n").await;
    let mut answer = Vec::new();
    asked.is_ok() && stream.read_to_end(&mut answer).await.is_ok() && answer.starts_with(b"HTTP/1.1 200")
}

/// One after the other, so that no two are the same. Below 32768, where no system takes the ports of outgoing connections
/// from.
fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let offset = u16::try_from(std::process::id() % 10_000).unwrap_or_default();
    let ports =
        std::iter::from_fn(|| Some(20_000 + (offset + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000));
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let port = ports.take(10_000).find(free).expect("a free port");
    SocketAddr::from(([127, 0, 0, 1], port))
}
