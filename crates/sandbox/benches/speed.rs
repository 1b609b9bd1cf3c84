//! How fast the sandbox is, beside an empty axum handler in the same run: `scripts/sandbox-bench.sh`.
//!
//! One client, with keep-alive connections that do next to nothing but write and read, asks everybody in turns; so what
//! else the machine does strikes all alike, and only ratios are worth reading.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::cast_precision_loss, missing_docs)]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use sandbox::{Config, Sandbox};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// That of `stripe-sandbox`, for everybody here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CONNECTIONS: usize = 16;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(700);

const INTENT: &str = "amount=2000&currency=usd&payment_method=pm_card_visa&confirm=true\
                      &automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never";

/// What is asked, again and again; `#` stands for a number.
#[derive(Clone, Copy)]
struct Ask {
    name: &'static str,
    method: &'static str,
    path: &'static str,
    body: &'static str,
}

const EMPTY: Ask = Ask { name: "an empty handler", method: "POST", path: "/empty", body: "name=Jenny" };
const CUSTOMER: Ask = Ask {
    name: "create a customer",
    method: "POST",
    path: "/v1/customers",
    body: "name=Jenny&email=jenny@example.com&metadata[account]=#",
};
const PAYMENT: Ask =
    Ask { name: "create and confirm an intent", method: "POST", path: "/v1/payment_intents", body: INTENT };
const LIST: Ask = Ask { name: "list ten customers", method: "GET", path: "/v1/customers", body: "" };

/// A connection that is kept.
struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    async fn open(to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::with_capacity(16 << 10) }
    }

    /// Asks, and answers the body.
    async fn ask(&mut self, method: &str, path: &str, body: &str, key: &str) -> &str {
        let mut request = String::with_capacity(512);
        write!(
            request,
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer sk_test_bench\r\n"
        )
        .unwrap();
        if method == "POST" {
            write!(request, "idempotency-key: {key}\r\ncontent-type: application/x-www-form-urlencoded\r\n")
                .unwrap();
        }
        write!(request, "content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.stream.write_all(request.as_bytes()).await.unwrap();
        self.buffer.clear();
        let (head, length) = loop {
            assert!(self.stream.read_buf(&mut self.buffer).await.unwrap() > 0, "the server hung up");
            if let Some(found) = head_of(&self.buffer) {
                break found;
            }
        };
        while self.buffer.len() < head + length {
            assert!(self.stream.read_buf(&mut self.buffer).await.unwrap() > 0, "the server hung up");
        }
        let text = std::str::from_utf8(&self.buffer).unwrap();
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        &text[head..]
    }
}

/// Where the head ends, and how long the body is.
fn head_of(buffer: &[u8]) -> Option<(usize, usize)> {
    let end = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&buffer[..end]).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    Some((end, length.parse().unwrap()))
}

/// Somebody who is asked; gone when dropped.
struct Server {
    address: SocketAddr,
    stop: CancellationToken,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Serves on a thread pool of its own, as `stripe-sandbox` does.
fn serve(router: impl FnOnce(CancellationToken) -> Router + Send + 'static) -> Server {
    let (stop, (told, address)) = (CancellationToken::new(), std::sync::mpsc::channel());
    let stopped = stop.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            told.send(listener.local_addr().unwrap()).unwrap();
            let router = router(stopped.clone());
            tokio::select! {
                served = axum::serve(listener, router) => served.unwrap(),
                () = stopped.cancelled() => {}
            }
        });
    });
    Server { address: address.recv().unwrap(), stop }
}

fn sandbox(data: Option<&Path>) -> Server {
    let data_dir = data.map(Path::to_owned);
    serve(move |shutdown| Sandbox::open(Config { data_dir, shutdown, ..Config::default() }).unwrap().router())
}

/// A sandbox with so many customers.
async fn with_customers(count: usize, data: Option<&Path>) -> (Server, Vec<Line>) {
    let server = sandbox(data);
    let mut lines = lines(server.address).await;
    rate(&mut lines, CUSTOMER, Duration::from_hours(1), count).await;
    (server, lines)
}

static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// What this process has had of the processors, in seconds.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // After the name in parentheses: user and system time are the 12th and 13th word, in hundredths of a second.
    let words: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    words[11..13].iter().map(|word| word.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// Requests a second, asked over all connections for a time or until so many are answered.
async fn rate(lines: &mut Vec<Line>, ask: Ask, time: Duration, most: usize) -> f64 {
    let (begin, count) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let workers: Vec<_> = std::mem::take(lines)
        .into_iter()
        .map(|mut line| {
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                while begin.elapsed() < time && count.fetch_add(1, Ordering::Relaxed) < most {
                    let number = NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
                    line.ask(ask.method, ask.path, &ask.body.replace('#', &number), &number).await;
                }
                line
            })
        })
        .collect();
    for worker in workers {
        lines.push(worker.await.unwrap());
    }
    count.load(Ordering::Relaxed).min(most) as f64 / begin.elapsed().as_secs_f64()
}

async fn lines(to: SocketAddr) -> Vec<Line> {
    let mut lines = Vec::new();
    for _ in 0..CONNECTIONS {
        lines.push(Line::open(to).await);
    }
    lines
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Each ask in turns with the empty handler, so that every ratio is of two rounds that were neighbours; each time of a
/// new sandbox with 1,000 customers, for it grows by what it is asked.
async fn beside_an_empty_handler(empty: SocketAddr, on_disk: bool) {
    let title = if on_disk { "The journal on disk" } else { "In memory" };
    println!("\n{title}, {CONNECTIONS} connections");
    let mut nothing = lines(empty).await;
    for ask in [CUSTOMER, PAYMENT, LIST] {
        let (mut ratios, mut rates, mut empties) = (Vec::new(), Vec::new(), Vec::new());
        let (mut work, mut asked) = ([0.0; 2], [0.0; 2]);
        for _ in 0..ROUNDS {
            let folder = on_disk.then(|| tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap());
            let (_server, mut own) = with_customers(1000, folder.as_ref().map(TempDir::path)).await;
            let begin = cpu();
            let beside = rate(&mut nothing, EMPTY, ROUND, usize::MAX).await;
            let between = cpu();
            let reached = rate(&mut own, ask, ROUND, usize::MAX).await;
            work = [work[0] + between - begin, work[1] + cpu() - between];
            asked = [asked[0] + beside * ROUND.as_secs_f64(), asked[1] + reached * ROUND.as_secs_f64()];
            ratios.push(reached / beside);
            rates.push(reached);
            empties.push(beside);
        }
        let (ratio, rate, beside) = (median(ratios), median(rates), median(empties));
        let micros = |at: usize| work[at] / asked[at] * 1e6;
        println!(
            "  {:<30} {ratio:>5.2} of {}   ({rate:.0}/s of {beside:.0}/s; {:.0} µs of processors to {:.0} µs)",
            ask.name,
            EMPTY.name,
            micros(1),
            micros(0)
        );
    }
}

/// The rate where there are 100,000 customers, in turns with one where there are 1,000.
async fn flatness() {
    println!("\nWith 100,000 customers instead of 1,000, in memory");
    let forever = Duration::from_hours(1);
    let (_large, mut large) = with_customers(100_000, None).await;
    for ask in [CUSTOMER, PAYMENT, LIST] {
        let (mut ratios, mut rates, mut before) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let (_small, mut small) = with_customers(1000, None).await;
            let few = rate(&mut small, ask, forever, 3000).await;
            let many = rate(&mut large, ask, forever, 3000).await;
            ratios.push(many / few);
            rates.push(many);
            before.push(few);
        }
        let (ratio, many, few) = (median(ratios), median(rates), median(before));
        println!("  {:<30} {ratio:>5.2} of the rate   ({many:.0}/s of {few:.0}/s)", ask.name);
    }
}

/// A process of its own, killed when dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `stripe-sandbox` and answers how long it took until it answered.
async fn start(data: &Path) -> (Process, SocketAddr, Duration) {
    let begin = Instant::now();
    let mut process = Command::new(env!("CARGO_BIN_EXE_stripe-sandbox"))
        .args(["--port", "0", "--data", data.to_str().unwrap()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let address = said.split(' ').find_map(|word| word.strip_prefix("http://")).unwrap().parse().unwrap();
    let process = Process(process);
    Line::open(address).await.ask("GET", "/v1/customers", "", "").await;
    (process, address, begin.elapsed())
}

/// A year of 1,000 monthly subscriptions, and starts with their data before and after it.
async fn a_year() {
    println!("\n1,000 customers with monthly subscriptions, the journal on disk");
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (process, address, bare) = start(folder.path()).await;
    println!("  {:<30} {:>6.0} ms", "start without data", bare.as_secs_f64() * 1000.0);
    let mut line = Line::open(address).await;
    let price =
        "currency=usd&unit_amount=2000&recurring[interval]=month&product_data[name]=Pro&lookup_key=pro";
    let price = id_of(line.ask("POST", "/v1/prices", price, "price").await);
    let begin = Instant::now();
    for number in 0..1000 {
        let body = "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa";
        let customer = id_of(line.ask("POST", "/v1/customers", body, &format!("c{number}")).await);
        let body = format!("customer={customer}&items[0][price]={price}");
        line.ask("POST", "/v1/subscriptions", &body, &format!("s{number}")).await;
    }
    println!("  {:<30} {:>6.2} s", "made, one after the other", begin.elapsed().as_secs_f64());
    drop((line, process));
    let (process, address, time) = start(folder.path()).await;
    println!(
        "  {:<30} {:>6.0} ms   ({})",
        "start with them",
        time.as_secs_f64() * 1000.0,
        size_of(folder.path())
    );
    let mut line = Line::open(address).await;
    let begin = Instant::now();
    line.ask("POST", "/_sandbox/clock/advance", &format!("{{\"seconds\": {}}}", 365 * 86_400), "").await;
    println!("  {:<30} {:>6.2} s", "a year", begin.elapsed().as_secs_f64());
    let begin = Instant::now();
    for _ in 0..20 {
        line.ask("GET", "/v1/invoices?limit=100", "", "").await;
    }
    println!("  {:<30} {:>6.1} ms", "then a list of 100 invoices", begin.elapsed().as_secs_f64() * 50.0);
    drop((line, process));
    let (_process, _, time) = start(folder.path()).await;
    println!(
        "  {:<30} {:>6.0} ms   ({})",
        "start after the year",
        time.as_secs_f64() * 1000.0,
        size_of(folder.path())
    );
}

fn size_of(folder: &Path) -> String {
    let bytes: u64 =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    format!("{:.1} MB of data", bytes as f64 / 1e6)
}

fn id_of(answer: &str) -> String {
    answer.split('"').skip_while(|word| *word != "id").nth(2).unwrap().to_owned()
}

fn main() {
    let only: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |name: &str| only.is_empty() || only.iter().any(|word| word == name);
    // The client has one thread: the servers need the rest.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let empty = serve(|_| Router::new().fallback(|| async {}));
        if wanted("memory") {
            beside_an_empty_handler(empty.address, false).await;
        }
        if wanted("disk") {
            beside_an_empty_handler(empty.address, true).await;
        }
        if wanted("flat") {
            flatness().await;
        }
        if wanted("year") {
            a_year().await;
        }
        // For a profiler: nothing but intents, for ten seconds.
        if only.iter().any(|word| word == "intents") {
            let (_server, mut lines) = with_customers(1000, None).await;
            println!("{:.0}/s", rate(&mut lines, PAYMENT, Duration::from_secs(10), usize::MAX).await);
        }
    });
}
