//! How routes are stated: each in one place, with its method, its path, who may call it, what it takes and
//! answers, and the handler.
//!
//! A feature gives a list of [`Endpoint`]s. From that list and no other are made both what is served
//! ([`mount()`]) and what is told of it ([`document()`]).

mod access;
mod document;
mod endpoint;
mod guard;
mod mount;
mod operation;
mod schema;
mod served;

pub(crate) use access::{Access, Proof};
pub(crate) use document::tidy;
pub(crate) use endpoint::Endpoint;
pub(crate) use mount::{guard, mount, not_found};
pub(crate) use operation::{Answer, Body, Parameter};
pub(crate) use schema::{Fields, anything, flag, object, text, word};
pub(crate) use served::endpoints;

pub use document::document;
