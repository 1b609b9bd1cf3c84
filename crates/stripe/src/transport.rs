//! How a request travels: over HTTP, or to a service in this process.

use http_body_util::BodyExt;
use std::time::Duration;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Service, ServiceExt as _};

/// A service in this process that answers as Stripe does.
pub type InProcess = BoxCloneSyncService<http::Request<Vec<u8>>, http::Response<Vec<u8>>, BoxError>;

/// One enum instead of a trait: the sandbox over sockets and real Stripe are both `Http`.
#[derive(Debug, Clone)]
pub enum Transport {
    Http(reqwest::Client),
    InProcess(InProcess),
}

/// The error with which an in-process service says that the request never arrived: refused connections.
/// Every other error of its may have come after the request took effect.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the connection was refused")]
pub struct NotSent;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Nothing came back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Whether Stripe may have received the request.
    pub(crate) sent: bool,
    /// Without the address, which is the configuration's.
    pub(crate) reason: &'static str,
}

impl Transport {
    /// A client for Stripe: TLS, kept-alive connections, no redirects, 3 seconds to connect. The time that
    /// one answer may take is the gateway's.
    pub fn http() -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(3))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("allthrive-billing/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self::Http(client))
    }

    /// A service in this process. An axum `Router` takes bodies of any kind, so one has to be named:
    /// `Transport::in_process::<_, axum::body::Body, _>(router)`.
    pub fn in_process<S, In, Out>(service: S) -> Self
    where
        S: Service<http::Request<In>, Response = http::Response<Out>> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError>,
        In: From<Vec<u8>> + 'static,
        Out: BodyExt + Send + 'static,
        Out::Data: Send,
        Out::Error: Into<BoxError>,
    {
        let service = service
            .map_request(|request: http::Request<Vec<u8>>| request.map(In::from))
            .map_err(Into::into)
            .and_then(|response: http::Response<Out>| async move {
                let (parts, body) = response.into_parts();
                let body = body.collect().await.map_err(Into::into)?.to_bytes().to_vec();
                Ok(http::Response::from_parts(parts, body))
            });
        Self::InProcess(BoxCloneSyncService::new(service))
    }

    pub(crate) async fn exchange(&self, request: http::Request<Vec<u8>>) -> Result<Answer, Lost> {
        match self {
            Self::Http(client) => over_http(client, request).await,
            Self::InProcess(service) => in_process(service.clone(), request).await,
        }
    }
}

async fn over_http(client: &reqwest::Client, request: http::Request<Vec<u8>>) -> Result<Answer, Lost> {
    let request = reqwest::Request::try_from(request)
        .map_err(|_| Lost { sent: false, reason: "the address is not one that can be asked" })?;
    let response = client.execute(request).await.map_err(|error| lost(&error))?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await.map_err(|error| Lost { sent: true, ..lost(&error) })?.to_vec();
    Ok(Answer { status, headers, body })
}

fn lost(error: &reqwest::Error) -> Lost {
    if error.is_connect() {
        Lost { sent: false, reason: "no connection" }
    } else if error.is_builder() {
        Lost { sent: false, reason: "the request cannot be built" }
    } else if error.is_timeout() {
        Lost { sent: true, reason: "timeout" }
    } else {
        Lost { sent: true, reason: "connection lost" }
    }
}

async fn in_process(service: InProcess, request: http::Request<Vec<u8>>) -> Result<Answer, Lost> {
    match service.oneshot(request).await {
        Ok(response) => {
            let (parts, body) = response.into_parts();
            Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
        }
        Err(error) if error.is::<NotSent>() => Err(Lost { sent: false, reason: "no connection" }),
        Err(_) => Err(Lost { sent: true, reason: "connection lost" }),
    }
}
