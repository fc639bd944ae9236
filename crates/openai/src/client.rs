//! Calling a server of OpenAI's kind: with retries before an answer begins, and with limits on its time.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::chat::MessageFiles;
use autorisen_domain::clock::{Clock, Timer, Timestamp};
use futures_util::future::{Either, select};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret, SecretString};

use crate::body;
use crate::breaker::Breaker;
use crate::fault::Fault;
use crate::observer::{CallKind, UpstreamObserver, Watch};
use crate::outgoing::Outgoing;
use crate::request_id;

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// The first pause before another try; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The client for the network could not be made.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The kinds of TLS that are wanted are not there.
    #[error("TLS is not to be had")]
    Tls(#[from] rustls::Error),
    /// The rest of it.
    #[error("no client for the network is to be had")]
    Client(#[from] reqwest::Error),
}

/// One thing to ask for.
pub(crate) struct Call<'a> {
    /// What it is, for who is told of calls.
    pub(crate) kind: CallKind,
    /// The model that is asked, if one is.
    pub(crate) model: Option<&'a str>,
    /// The whole address.
    pub(crate) url: String,
    /// What shows the server who asks.
    pub(crate) key: Option<&'a SecretString>,
    /// Headers beside those that say what the body is and who asks.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// What kind of answer is wanted.
    pub(crate) accept: &'static str,
    /// What is sent.
    pub(crate) content: Content<'a>,
}

/// What a call sends.
pub(crate) enum Content<'a> {
    /// No body.
    Nothing,
    /// JSON.
    Json(String),
    /// What is read from files while it is sent.
    Piped {
        /// Its media type.
        media_type: &'a str,
        /// The text and the places of the files in it.
        body: &'a Outgoing,
        /// Where they are read.
        files: &'a MessageFiles,
    },
}

/// How patient to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// How long the server may take to begin an answer.
    pub(crate) silence: Duration,
    /// How often a call that failed before the answer began is made again.
    pub(crate) retries: u32,
    /// A server that wants a longer pause is not asked again.
    pub(crate) longest_pause: Duration,
}

/// An answer that begins well, and who is told of its end.
pub(crate) struct Asked {
    /// The answer.
    pub(crate) response: Response,
    /// Is told.
    pub(crate) watch: Watch,
}

/// Calls one server.
pub(crate) struct ApiClient {
    client: Client,
    breaker: Breaker,
    clock: Arc<dyn Clock>,
    timer: Arc<dyn Timer>,
    observer: Option<Arc<dyn UpstreamObserver>>,
}

impl ApiClient {
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        timer: Arc<dyn Timer>,
        observer: Option<Arc<dyn UpstreamObserver>>,
    ) -> Result<Self, StartError> {
        Ok(Self { observer, ..Self::trusting(public_roots(), clock, timer)? })
    }

    fn trusting(
        roots: RootCertStore,
        clock: Arc<dyn Clock>,
        timer: Arc<dyn Timer>,
    ) -> Result<Self, StartError> {
        Ok(Self { client: network(roots)?, breaker: Breaker::default(), clock, timer, observer: None })
    }

    /// Asks, and gives the answer once it begins well. Whether it ends well is told by [`Self::succeeded`]
    /// or [`Self::failed`].
    pub(crate) async fn ask(&self, call: &Call<'_>, patience: Patience) -> Result<Asked, Fault> {
        let mut watch = Watch::begin(self.observer.as_ref(), call.kind, call.model);
        match self.ask_again(call, patience, &watch).await {
            Ok(response) => {
                watch.answered();
                Ok(Asked { response, watch })
            }
            Err(fault) => {
                watch.ended(Some(fault.word()));
                Err(fault)
            }
        }
    }

    async fn ask_again(&self, call: &Call<'_>, patience: Patience, watch: &Watch) -> Result<Response, Fault> {
        let traceparent = watch.traceparent();
        let mut pause = FIRST_PAUSE;
        let mut tries = 0;
        loop {
            if let Err(rest) = self.breaker.allows(self.clock.now()) {
                let fault = Fault::Resting(rest);
                self.count(call.kind, &fault);
                return Err(fault);
            }
            let fault = match self.try_once(call, traceparent.as_deref(), patience.silence).await {
                Ok(response) => return Ok(response),
                Err(fault) => fault,
            };
            self.note(call.kind, &fault);
            let wait = fault.retry_after().unwrap_or(pause);
            if tries >= patience.retries || !fault.may_pass() || wait > patience.longest_pause {
                return Err(fault);
            }
            tries += 1;
            pause *= 2;
            self.timer.sleep(wait).await;
        }
    }

    /// The answer came whole.
    pub(crate) fn succeeded(&self, watch: &mut Watch) {
        self.breaker.succeeded();
        watch.ended(None);
    }

    /// Something was wrong with an answer that had begun.
    pub(crate) fn failed(&self, kind: CallKind, watch: &mut Watch, fault: &Fault) {
        self.note(kind, fault);
        watch.ended(Some(fault.word()));
    }

    /// Something was wrong that no server is to blame for.
    pub(crate) fn count(&self, kind: CallKind, fault: &Fault) {
        if let Some(observer) = &self.observer {
            observer.fault(kind, fault.word());
        }
    }

    /// Something was wrong with the server, or with one try.
    pub(crate) fn note(&self, kind: CallKind, fault: &Fault) {
        self.count(kind, fault);
        if fault.counts_against_server() {
            self.breaker.failed(self.clock.now());
        }
    }

    async fn try_once(
        &self,
        call: &Call<'_>,
        traceparent: Option<&str>,
        silence: Duration,
    ) -> Result<Response, Fault> {
        let mut request = self.client.post(&call.url).header(ACCEPT, call.accept);
        for (name, value) in call.headers {
            request = request.header(*name, *value);
        }
        if let Some(traceparent) = traceparent {
            request = request.header("traceparent", traceparent);
        }
        if let Some(key) = call.key {
            request = request.bearer_auth(key.expose_secret());
        }
        let sending = tokio::time::timeout(silence, send(request, &call.content));
        let response = sending.await.map_err(|_| Fault::Silent)??;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry_after = wait(response.headers(), self.clock.now());
        let request = request_id::of(&response);
        let is_missing = status == StatusCode::NOT_FOUND
            && tokio::time::timeout(silence, body::is_error_of_api(response)).await.unwrap_or(false);
        Err(Fault::Status { status, retry_after, request, is_missing })
    }
}

/// Who signs for servers on the internet.
pub(crate) fn public_roots() -> RootCertStore {
    webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()
}

/// What speaks to servers that these sign for.
pub(crate) fn network(roots: RootCertStore) -> Result<Client, StartError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(CONNECT_WITHIN)
        .redirect(Policy::none())
        .build()?)
}

/// Sends a request with its content, and reads the files of that meanwhile.
async fn send(request: RequestBuilder, content: &Content<'_>) -> Result<Response, Fault> {
    let sent = match content {
        Content::Nothing => request.send().await,
        Content::Json(text) => {
            request.header(CONTENT_TYPE, "application/json").body(text.clone()).send().await
        }
        Content::Piped { media_type, body, files } => {
            let (pipe, sender) = body.pipe();
            let sending = pin!(request.header(CONTENT_TYPE, *media_type).body(pipe).send());
            let feeding = pin!(body.feed(sender, files));
            match select(sending, feeding).await {
                Either::Left((sent, _)) => sent,
                Either::Right((Ok(()), sending)) => sending.await,
                Either::Right((Err(cause), _)) => return Err(Fault::File(cause)),
            }
        }
    };
    sent.map_err(|error| Fault::Reach(error.without_url()))
}

/// How long the server wants to be left alone: in milliseconds where it says so, which it does for the
/// kits of its vendor, else as everybody does.
fn wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let millis = text("retry-after-ms").and_then(|text| text.trim().parse().ok());
    millis.map(Duration::from_millis).or_else(|| wait_until(text(RETRY_AFTER.as_str())?, now))
}

/// What `Retry-After` asks for: seconds, or a date (RFC 9110, section 10.2.3).
fn wait_until(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(secs) = text.trim().parse() {
        return Some(Duration::from_secs(secs));
    }
    let date = chrono::DateTime::parse_from_rfc2822(text.trim()).ok()?;
    Some(Timestamp::from_secs(date.timestamp()).since(now))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use autorisen_domain::chat::HostedFault;
    use autorisen_testkit::fakes::{FakeClock, QuickTimer};
    use rustls::pki_types::PrivatePkcs8KeyDer;

    use super::*;

    #[test]
    fn a_wait_is_told_in_seconds_or_as_a_date() {
        let now = Timestamp::from_secs(1_700_000_000);
        assert_eq!(wait_until("7", now), Some(Duration::from_secs(7)));
        assert_eq!(wait_until("Tue, 14 Nov 2023 22:13:25 GMT", now), Some(Duration::from_secs(5)));
        assert_eq!(wait_until("Tue, 14 Nov 2023 22:13:15 GMT", now), Some(Duration::ZERO));
        assert_eq!(wait_until("soon", now), None);
    }

    /// A server with a certificate of its own, which is good for these years, and who trusts it.
    fn server(years: [i32; 2]) -> (String, ApiClient) {
        let mut params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(years[0], 1, 1);
        params.not_after = rcgen::date_time_ymd(years[1], 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();

        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key.into())
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = rustls::StreamOwned::new(tls, connection);
                // Who does not trust the certificate hangs up, and says why.
                if stream.read(&mut [0; 1024]).is_ok_and(|length| length > 0) {
                    drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
                }
            }
        });
        let client = ApiClient::trusting(roots, Arc::new(FakeClock::default()), Arc::new(QuickTimer));
        (url, client.unwrap())
    }

    async fn ask(url: String, client: &ApiClient) -> Result<Asked, Fault> {
        let call = Call {
            kind: CallKind::HostedOpen,
            model: None,
            url,
            key: None,
            headers: &[],
            accept: "application/json",
            content: Content::Nothing,
        };
        let silence = Duration::from_mins(1);
        client.ask(&call, Patience { silence, retries: 0, longest_pause: Duration::ZERO }).await
    }

    #[tokio::test]
    async fn a_server_whose_certificate_has_expired_is_not_spoken_to() {
        let (url, client) = server([2020, 2090]);
        assert!(ask(url, &client).await.is_ok(), "with a good one it is");
        let (url, client) = server([2020, 2021]);
        let Err(fault @ Fault::Reach(_)) = ask(url, &client).await else {
            panic!("an expired certificate is taken");
        };
        assert_eq!(fault.of_hosted(), HostedFault::Unreachable);
        let told = format!("{fault:?}");
        assert!(told.contains("Expired"), "the log says why: {told}");
    }

    #[test]
    fn milliseconds_count_before_seconds() {
        let headers = |pairs: &[(&'static str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| {
                (reqwest::header::HeaderName::from_static(name), value.parse().unwrap())
            });
            pairs.collect::<HeaderMap>()
        };
        let now = Timestamp::from_secs(0);
        let both = headers(&[("retry-after-ms", "250"), ("retry-after", "7")]);
        assert_eq!(wait(&both, now), Some(Duration::from_millis(250)));
        let odd = headers(&[("retry-after-ms", "soon"), ("retry-after", "7")]);
        assert_eq!(wait(&odd, now), Some(Duration::from_secs(7)));
        assert_eq!(wait(&headers(&[]), now), None);
    }
}
