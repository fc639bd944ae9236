//! The ChatKit protocol: `POST /api/chatkit`.

mod answers;
mod caller;
mod handlers;
mod problems;
mod stream;

use actix_web::web::ServiceConfig;

use crate::routing::post;

pub use answers::RunningAnswers;
pub(crate) use caller::caller;

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config.service(post("/api/chatkit", handlers::protocol));
}
