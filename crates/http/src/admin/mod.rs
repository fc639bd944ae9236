//! What is for who runs the server, on a listener of its own: `/metrics`. The application that serves users
//! has no such route.

mod access;

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{App, Error, HttpResponse};
use async_trait::async_trait;

pub use self::access::AdminAccess;
use crate::api;
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
        .service(
            web::resource("/metrics")
                .route(web::get().to(metrics))
                .route(web::head().to(metrics))
                .default_service(web::to(method_not_allowed)),
        )
        .default_service(web::to(api::not_found))
        .wrap(from_fn(access::refuse_strangers))
}

/// Another method than the page has.
async fn method_not_allowed() -> Result<HttpResponse, Problem> {
    Err(Problem::method_not_allowed("GET, HEAD".to_owned()))
}

/// `GET /metrics`.
async fn metrics(services: Data<AdminServices>) -> Result<HttpResponse, Problem> {
    let text = services.metrics.text().await;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(text))
}
