//! What is for who runs the server, on a listener of its own: `/metrics`. The application that serves users
//! has no such route.

mod access;

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App, Error, HttpResponse};
use async_trait::async_trait;

pub use self::access::AdminAccess;
use crate::api::{Access, Answer, Endpoint, mount, not_found};
use crate::problem::Problem;

/// Tells the metrics.
#[async_trait]
pub trait MetricsPage: Send + Sync {
    /// All of them, in the text format of Prometheus, version 0.0.4.
    async fn text(&self) -> String;
}

/// What the routes of the admin listener work with.
#[derive(Clone)]
pub struct AdminServices {
    /// Tells the metrics.
    pub metrics: Arc<dyn MetricsPage>,
    /// Who may ask.
    pub access: AdminAccess,
}

/// The application of the admin listener. Who may not see it is refused before anything is looked at.
pub fn admin_app(
    services: &AdminServices,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    App::new()
        .app_data(Data::new(services.clone()))
        .configure(|config| mount(config, endpoints()))
        .default_service(actix_web::web::to(not_found))
        .wrap(from_fn(access::refuse_strangers))
}

/// The routes. They are not in the document of those that serve users.
fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/metrics", Access::Listener, metrics)
            .about("metrics", "What happens, in numbers", "")
            .answers(Answer::of(StatusCode::OK, "In the text format of Prometheus.", "text/plain")),
    ]
}

/// `GET /metrics`.
async fn metrics(services: Data<AdminServices>) -> Result<HttpResponse, Problem> {
    let text = services.metrics.text().await;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(text))
}
