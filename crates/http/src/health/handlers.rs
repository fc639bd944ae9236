//! The handlers of the health routes.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::json;

use crate::health::dto::{HealthDto, HeartbeatDto, ReadyDto};
use crate::problem::Problem;
use crate::{HttpSettings, Services};

/// `GET /`.
pub(crate) async fn heartbeat(settings: Data<HttpSettings>) -> HttpResponse {
    HttpResponse::Ok().json(HeartbeatDto {
        status: "ok",
        service: "autorisen",
        version: &settings.version,
        health: "/api/health",
    })
}

/// `GET /api/health`: says of the process alone that it runs.
pub(crate) async fn health(settings: Data<HttpSettings>) -> HttpResponse {
    HttpResponse::Ok().json(HealthDto {
        status: "ok",
        version: &settings.version,
        env: &settings.environment,
    })
}

/// `GET /api/health/alive`.
pub(crate) async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({"alive": true}))
}

/// `GET /api/health/ping`.
pub(crate) async fn ping(settings: Data<HttpSettings>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"ping": "pong", "version": settings.version}))
}

/// `GET /api/health/ready`: whether requests should be sent here.
pub(crate) async fn ready(services: Data<Services>) -> Result<HttpResponse, Problem> {
    let readiness = services.health.readiness().await;
    if !readiness.is_ready() {
        return Err(readiness.into());
    }
    let checks = readiness.checks.iter().map(|check| check.name).collect();
    Ok(HttpResponse::Ok().json(ReadyDto { status: "ready", checks }))
}
