//! Those who connect: HTTP/1.1, which is what browsers, hosts and proxies speak to a program without TLS of its own.
//!
//! hyper by itself, because what serves a router for us looks at the first bytes for HTTP/2, after which what is read has 16 KiB in
//! place of 8 for as long as a connection lasts.

use crate::routes::Service;
use axum::body::Body;
use axum::extract::ConnectInfo;
use futures_util::FutureExt as _;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tokio_util::future::FutureExt as _;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// For the head of a request, also where one was answered before. Most proxies give up a connection that nobody uses after one or
/// two minutes, Google's after ten: who closes first must be the proxy, or its next request may meet a closed connection.
const LONGEST_HEAD: Duration = Duration::from_mins(11);
/// How long nobody is let in after the system could not do it, for want of files perhaps.
const PAUSE: Duration = Duration::from_secs(1);

/// How long somebody may take nothing of an answer that is there.
const LONGEST_WRITE: Duration = Duration::from_mins(1);

/// Until `stop`; then those that are answered are answered to the end, at `give_up` at the latest.
pub(super) async fn serve(
    listener: TcpListener,
    service: Service,
    stop: CancellationToken,
    give_up: CancellationToken,
) {
    let connections = GracefulShutdown::new();
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, from)) => start(&connections, stream, from, service.clone(), give_up.clone()),
            Err(error) if is_theirs(&error) => tracing::debug!(%error, "somebody did not connect after all"),
            Err(error) => {
                tracing::error!(%error, "nobody can connect now: has the process too many files open?");
                let _ = stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

fn start(
    connections: &GracefulShutdown,
    stream: TcpStream,
    from: SocketAddr,
    service: Service,
    give_up: CancellationToken,
) {
    // What is written is wanted at once: an answer's first events are small.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
    let answered = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(from));
        service.clone().oneshot(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(LONGEST_HEAD);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(LONGEST_WRITE));
    let connection = http.serve_connection(TokioIo::new(Box::pin(stream)), answered);
    let connection = connections.watch(connection);
    // Not by `async`, which would keep room for the connection several times.
    tokio::spawn(connection.with_cancellation_token_owned(give_up).map(|ended| match ended {
        Some(Ok(())) => {}
        Some(Err(error)) => tracing::debug!(%error, "a connection has ended"),
        None => tracing::debug!("a connection was given up"),
    }));
}

/// Whoever wanted to connect has gone.
fn is_theirs(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::get;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    const WHOLE: &[u8] = b"GET /from HTTP/1.1\r\nhost: here\r\n\r\n";

    async fn serving(router: Router) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
        serving_until(router, CancellationToken::new()).await
    }

    async fn serving_until(
        router: Router,
        give_up: CancellationToken,
    ) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (addr, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let service = Service::new(router, |request| request);
        (addr, stop.clone(), tokio::spawn(serve(listener, service, stop, give_up)))
    }

    fn says_who_asks() -> Router {
        let who = |ConnectInfo(from): ConnectInfo<SocketAddr>| async move { from.to_string() };
        Router::new().route("/from", get(who))
    }

    async fn answer(stream: &mut TcpStream) -> String {
        let (mut answer, mut read) = (String::new(), [0; 1024]);
        while !answer.contains("\r\n\r\n") {
            let length = stream.read(&mut read).await.unwrap();
            assert!(length > 0, "closed after {answer:?}");
            answer.push_str(std::str::from_utf8(&read[..length]).unwrap());
        }
        answer
    }

    #[tokio::test]
    async fn a_connection_is_kept_and_handlers_know_where_it_comes_from() {
        let (addr, _stop, _serving) = serving(says_who_asks()).await;
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let own = stream.local_addr().unwrap().to_string();
        for _ in 0..2 {
            stream.write_all(WHOLE).await.unwrap();
            let answer = answer(&mut stream).await;
            assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(&own), "{answer}");
        }
    }

    async fn is_closed_by_us(stream: &mut TcpStream) -> bool {
        let closed = tokio::time::timeout(2 * LONGEST_HEAD, stream.read(&mut [0; 16])).await;
        closed.expect("an end").unwrap() == 0
    }

    /// The clock goes on as soon as everybody waits for it.
    #[tokio::test(start_paused = true)]
    async fn who_sends_half_a_head_is_not_waited_for_for_ever() {
        let (addr, _stop, _serving) = serving(says_who_asks()).await;
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let begun = tokio::time::Instant::now();
        stream.write_all(&WHOLE[..20]).await.unwrap();
        assert!(is_closed_by_us(&mut stream).await);
        assert!(begun.elapsed() >= LONGEST_HEAD, "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_may_take_longer_and_who_asks_nothing_more_is_let_go() {
        let slow = || async {
            tokio::time::sleep(2 * LONGEST_HEAD).await;
            "late"
        };
        let (addr, _stop, _serving) = serving(Router::new().route("/from", get(slow))).await;
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(WHOLE).await.unwrap();
        let answer = answer(&mut stream).await;
        assert!(answer.ends_with("late"), "{answer}");
        let answered = tokio::time::Instant::now();
        assert!(is_closed_by_us(&mut stream).await);
        assert!(answered.elapsed() >= LONGEST_HEAD, "{:?}", answered.elapsed());
    }

    #[tokio::test]
    async fn at_the_end_nobody_is_let_in_and_who_is_answered_gets_the_rest() {
        let (asked, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = {
            let (asked, release) = (asked.clone(), release.clone());
            || async move {
                asked.notify_one();
                release.notified().await;
                "late"
            }
        };
        let (addr, stop, ending) = serving(says_who_asks().route("/slow", get(slow))).await;
        let (mut idle, mut busy) =
            (TcpStream::connect(addr).await.unwrap(), TcpStream::connect(addr).await.unwrap());
        idle.write_all(WHOLE).await.unwrap();
        answer(&mut idle).await;
        busy.write_all(b"GET /slow HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
        asked.notified().await;
        stop.cancel();
        assert_eq!(idle.read(&mut [0; 16]).await.unwrap(), 0, "who asks nothing is let go");
        assert!(!ending.is_finished());
        assert!(TcpStream::connect(addr).await.is_err());
        release.notify_one();
        let answer = answer(&mut busy).await;
        assert!(answer.ends_with("late"), "{answer}");
        ending.await.unwrap();
    }

    /// An answer without an end, and what is dropped with it.
    fn endless(part: &'static [u8], kept: Arc<()>) -> Router {
        let answer = move || {
            let parts = futures_util::stream::repeat_with(move || {
                let _ = &kept;
                Ok::<_, std::io::Error>(part)
            });
            std::future::ready(Body::from_stream(parts))
        };
        Router::new().route("/from", get(answer))
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_of_an_answer_is_not_waited_for_for_ever() {
        let kept = Arc::new(());
        let (addr, stop, serving) = serving(endless(&[b'x'; 8 * 1024], kept.clone())).await;
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let begun = tokio::time::Instant::now();
        stream.write_all(WHOLE).await.unwrap();
        assert!(stream.read(&mut [0; 16]).await.unwrap() > 0);
        stop.cancel();
        tokio::time::timeout(3 * LONGEST_WRITE, serving).await.expect("an end").unwrap();
        assert!(begun.elapsed() >= LONGEST_WRITE, "{:?}", begun.elapsed());
        assert_eq!(Arc::strong_count(&kept), 1, "the answer is gone");
    }

    #[tokio::test]
    async fn an_answer_without_an_end_ends_when_it_is_given_up() {
        let (kept, give_up) = (Arc::new(()), CancellationToken::new());
        let (addr, stop, serving) = serving_until(endless(b"x", kept.clone()), give_up.clone()).await;
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(WHOLE).await.unwrap();
        assert!(stream.read(&mut [0; 16]).await.unwrap() > 0);
        stop.cancel();
        assert!(stream.read(&mut [0; 16]).await.unwrap() > 0);
        assert!(!serving.is_finished());
        give_up.cancel();
        let (ended, ()) = tokio::join!(serving, async {
            while stream.read(&mut [0; 8 * 1024]).await.is_ok_and(|length| length > 0) {}
        });
        ended.unwrap();
        assert_eq!(Arc::strong_count(&kept), 1, "the answer is gone");
    }
}
