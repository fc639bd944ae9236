//! What follows a request through everything that is done for it. Most servers have nobody who does.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::HttpMessage;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderMap;

use crate::AccessLine;

/// Follows requests.
pub trait RequestTracer: Send + Sync {
    /// A request begins; what it says of a trace that it belongs to is in `header`. `None` when it is not
    /// followed.
    fn begin(&self, header: &dyn Fn(&str) -> Option<String>) -> Option<Arc<dyn RequestTrace>>;
}

/// One request that is followed.
pub trait RequestTrace: Send + Sync {
    /// Runs `work` as a part of what is done for the request.
    fn within(&self, work: &mut dyn FnMut());

    /// The head of the answer is there.
    fn answered(&self, line: &AccessLine<'_>);
}

/// In the extensions of a request: who follows it.
#[derive(Clone)]
pub(crate) struct Followed(pub(crate) Arc<dyn RequestTrace>);

/// Begins to follow a request, if anybody does.
pub(crate) fn begin(
    tracer: Option<&Arc<dyn RequestTracer>>,
    request: &ServiceRequest,
) -> Option<Arc<dyn RequestTrace>> {
    let headers: &HeaderMap = request.headers();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let trace = tracer?.begin(&header)?;
    request.extensions_mut().insert(Followed(Arc::clone(&trace)));
    Some(trace)
}

/// A future that is a part of what is done for a request.
pub(crate) struct Within<F> {
    trace: Arc<dyn RequestTrace>,
    future: Pin<Box<F>>,
}

impl<F: Future> Within<F> {
    pub(crate) fn new(trace: Arc<dyn RequestTrace>, future: F) -> Self {
        Self { trace, future: Box::pin(future) }
    }
}

impl<F: Future> Future for Within<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        let mut polled = Poll::Pending;
        let future = &mut this.future;
        this.trace.within(&mut || polled = future.as_mut().poll(cx));
        polled
    }
}
