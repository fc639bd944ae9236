//! Answers from models: a [`Responder`](autorisen_domain::chat::Responder) over any server that speaks
//! the OpenAI Responses API or chat completions. And hosted ChatKit sessions, which are opened at OpenAI.
//!
//! `client.rs` calls with retries, time limits and a breaker, for both. For models, `input.rs` turns a
//! thread into what a model is told, `files.rs` says which of its files a model is given, `outgoing.rs`
//! sends them without holding them in memory, `responses.rs` and `completions.rs` are the two dialects,
//! `model.rs` asks, and `responder.rs` writes the answer. `hosted.rs` is all of hosted sessions, and `probe.rs` asks whether
//! a server can be asked at all.

mod body;
mod breaker;
mod client;
mod completions;
mod dialect;
mod fault;
mod files;
mod frames;
mod hosted;
mod input;
mod model;
mod observer;
mod outgoing;
mod probe;
mod request_id;
mod responder;
mod responses;
mod settings;
mod speech;

pub use client::StartError;
pub use hosted::{HostedSettings, OpenAiHosted};
pub use observer::{CallKind, FAULTS, UpstreamCall, UpstreamObserver};
pub use probe::{Probe, probe};
pub use responder::{OpenAiPorts, OpenAiResponder};
pub use settings::{Api, FileLimits, ModelLimits, OpenAiSettings};
