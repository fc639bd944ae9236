//! What is told of calls to servers of models.

use std::sync::Arc;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// An answer, by the Responses API.
    Responses,
    /// An answer, by chat completions.
    Completions,
    /// What is said in a recording.
    Transcription,
    /// A hosted session is to begin.
    HostedOpen,
    /// A hosted session is to end.
    HostedCancel,
}

impl CallKind {
    /// Every kind there is.
    pub const ALL: [Self; 5] =
        [Self::Responses, Self::Completions, Self::Transcription, Self::HostedOpen, Self::HostedCancel];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Responses => "responses",
            Self::Completions => "completions",
            Self::Transcription => "transcription",
            Self::HostedOpen => "hosted_open",
            Self::HostedCancel => "hosted_cancel",
        }
    }
}

/// Is told of calls as they begin and end, in the task of who makes them. It neither fails nor waits.
pub trait UpstreamObserver: Send + Sync {
    /// A call begins, with all its tries. `model` is one of those in the settings.
    fn begin(&self, kind: CallKind, model: Option<&str>) -> Box<dyn UpstreamCall>;

    /// Something was wrong with a try, an answer or its server; `fault` is one of [`FAULTS`].
    fn fault(&self, kind: CallKind, fault: &'static str);
}

/// One call. Dropping it says that the call is over: as [`Self::ended`] said, or because nobody waited for
/// its end.
pub trait UpstreamCall: Send + Sync {
    /// The `traceparent` (W3C Trace Context) that the server is to go on with, if anybody follows.
    fn traceparent(&self) -> Option<String>;

    /// The server begins to answer.
    fn answered(&mut self);

    /// What the server says that the question and the answer were worth, in tokens.
    fn tokens(&mut self, input: u64, output: u64);

    /// It is over, well or with this fault.
    fn ended(&mut self, fault: Option<&'static str>);
}

/// What can be wrong, in one word each.
pub const FAULTS: [&str; 14] = [
    "unreachable",
    "rate_limited",
    "unauthorized",
    "refused",
    "server_error",
    "silent",
    "too_long",
    "too_much",
    "cut",
    "not_understood",
    "reported",
    "too_many_rounds",
    "resting",
    "file",
];

/// A call that may have nobody who wants to be told of it.
pub(crate) struct Watch(Option<Box<dyn UpstreamCall>>);

impl Watch {
    pub(crate) fn begin(
        observer: Option<&Arc<dyn UpstreamObserver>>,
        kind: CallKind,
        model: Option<&str>,
    ) -> Self {
        Self(observer.map(|observer| observer.begin(kind, model)))
    }

    pub(crate) fn traceparent(&self) -> Option<String> {
        self.0.as_ref().and_then(|call| call.traceparent())
    }

    pub(crate) fn answered(&mut self) {
        if let Some(call) = &mut self.0 {
            call.answered();
        }
    }

    pub(crate) fn tokens(&mut self, input: u64, output: u64) {
        if let Some(call) = &mut self.0 {
            call.tokens(input, output);
        }
    }

    pub(crate) fn ended(&mut self, fault: Option<&'static str>) {
        if let Some(call) = &mut self.0 {
            call.ended(fault);
        }
    }
}
