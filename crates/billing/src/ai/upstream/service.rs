//! An OpenAI-compatible service over HTTP. A request is sent once: whether one whose answer was lost has been carried out,
//! and costs something, is not known here.

use super::event_stream::EventStream;
use super::failure::UpstreamFailure;
use reqwest::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::timeout;

const CONNECT: Duration = Duration::from_secs(10);
/// Of an answer that is not streamed, in bytes: ten large images in base64.
const LARGEST_ANSWER: usize = 128 * 1024 * 1024;
/// Of an error, in bytes.
const LARGEST_ERROR: usize = 64 * 1024;
/// How long the end of the connection's answer may take to come behind that of the stream.
const FOR_THE_END: Duration = Duration::from_secs(5);
/// What ends a stream.
const DONE: &str = "[DONE]";

pub(in crate::ai) struct Service {
    client: Client,
    /// Without a slash at its end; ends in `/v1` at most services.
    base: String,
    key: Option<SecretString>,
}

impl std::fmt::Debug for Service {
    /// Without the key; the address may have a password in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Service")
    }
}

/// One HTTP client for all services. `silence` is how long one may say nothing.
pub(super) fn client(silence: Duration) -> Result<Client, reqwest::Error> {
    Client::builder()
        .connect_timeout(CONNECT)
        .read_timeout(silence)
        // The key is for this address.
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .build()
}

impl Service {
    pub(super) fn new(client: Client, url: &str, key: Option<SecretString>) -> Self {
        Self { client, base: url.trim_end_matches('/').to_owned(), key }
    }

    /// The whole answer.
    pub(in crate::ai) async fn ask(
        &self,
        path: &str,
        body: Map<String, Value>,
    ) -> Result<Vec<u8>, UpstreamFailure> {
        let response = self.post(path, body, "application/json").await?;
        bytes(response, LARGEST_ANSWER).await
    }

    /// The answer as it comes.
    pub(in crate::ai) async fn stream(
        &self,
        path: &str,
        body: Map<String, Value>,
    ) -> Result<Answering, UpstreamFailure> {
        let response = self.post(path, body, "text/event-stream").await?;
        Ok(Answering { response: Some(response), events: EventStream::default(), waiting: VecDeque::new() })
    }

    async fn post(
        &self,
        path: &str,
        body: Map<String, Value>,
        accept: &str,
    ) -> Result<Response, UpstreamFailure> {
        // A map with keys that are texts is always JSON.
        let written = serde_json::to_vec(&body).unwrap_or_default();
        // It may be large, and the answer long.
        drop(body);
        let mut request = self
            .client
            .post(format!("{}/{path}", self.base))
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, accept)
            .header(USER_AGENT, concat!("allthrive-billing/", env!("CARGO_PKG_VERSION")))
            .body(written);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key.expose_secret());
        }
        let response = request.send().await.map_err(UpstreamFailure::of_transport)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let body = bytes(response, LARGEST_ERROR).await.unwrap_or_default();
        Err(UpstreamFailure::of_answer(status, wait, &body))
    }
}

async fn bytes(mut response: Response, limit: usize) -> Result<Vec<u8>, UpstreamFailure> {
    let mut bytes = vec![];
    while let Some(part) = response.chunk().await.map_err(UpstreamFailure::of_transport)? {
        if bytes.len() + part.len() > limit {
            return Err(UpstreamFailure::Broken(format!("it has more than {limit} bytes")));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// An answer that is under way; dropping it ends the request at the service.
#[derive(Debug)]
pub(in crate::ai) struct Answering {
    /// `None` once its end was told.
    response: Option<Response>,
    events: EventStream,
    waiting: VecDeque<String>,
}

impl Answering {
    /// The data of the next event; `None` after the last. An end without [DONE] is a failure: it may be a cut. Given up in
    /// the middle, nothing is lost.
    pub(in crate::ai) async fn next(&mut self) -> Result<Option<String>, UpstreamFailure> {
        loop {
            if let Some(data) = self.waiting.pop_front() {
                if data == DONE {
                    self.response.take().map(|rest| tokio::spawn(timeout(FOR_THE_END, read_out(rest))));
                    return Ok(None);
                }
                return Ok(Some(data));
            }
            let Some(response) = &mut self.response else { return Ok(None) };
            let part = response.chunk().await.map_err(UpstreamFailure::of_transport)?;
            let Some(part) = part else { return Err(UpstreamFailure::Broken("it ended early".into())) };
            let events = self.events.push(&part);
            let too_long = |_| UpstreamFailure::Broken("an event of it has no end".into());
            self.waiting.extend(events.map_err(too_long)?);
        }
    }
}

/// A connection whose answer was not read to its very end cannot be used again.
async fn read_out(mut response: Response) {
    while let Ok(Some(_)) = response.chunk().await {}
}
