//! Answers from models: a [`Responder`](autorisen_domain::chat::Responder) over any server that speaks
//! the OpenAI Responses API or chat completions.
//!
//! `input.rs` turns a thread into what a model is told, `files.rs` says which of its files a model is given,
//! `outgoing.rs` sends them without holding them in memory, `responses.rs` and `completions.rs` are the two
//! dialects, `client.rs` calls with retries and time limits, and `responder.rs` writes the answer.

mod breaker;
mod client;
mod completions;
mod dialect;
mod fault;
mod files;
mod frames;
mod input;
mod outgoing;
mod responder;
mod responses;
mod settings;
mod speech;

pub use client::StartError;
pub use responder::{OpenAiPorts, OpenAiResponder};
pub use settings::{Api, FileLimits, ModelLimits, OpenAiSettings};
