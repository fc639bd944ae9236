//! What administrators see and do: `/api/admin`.
//!
//! Addresses are looked for in a body, so that none is in an address of ours, which others keep: histories,
//! logs of proxies.

mod dto;
mod handlers;
mod problems;
mod query;
mod report;

use actix_web::http::StatusCode;
use autorisen_domain::error::PortError;
use autorisen_domain::events::Action;
use autorisen_domain::supervision::{EndTheirSessionError, SuperviseError, UnknownAccount};
use serde_json::json;

use crate::api::{Access, Answer, Body, Endpoint, Parameter};

/// The routes.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = accounts();
    endpoints.extend(sessions());
    endpoints.push(audit());
    endpoints.push(report::endpoint());
    endpoints
}

fn accounts() -> Vec<Endpoint> {
    let changed = || Answer::json::<dto::AccountDto<'_>>(StatusCode::OK, "The account, as it is now.");
    vec![
        Endpoint::post("/api/admin/users/search", Access::Administrator, handlers::search)
            .with_csrf_pair()
            .about("adminSearchUsers", "Accounts by the beginning of their address", "Fifty at once.")
            .takes(Body::optional_json(dto::search_body))
            .answers(Answer::json::<dto::AccountsDto<'_>>(StatusCode::OK, "In the order of their addresses."))
            .fails::<PortError>(),
        Endpoint::get("/api/admin/users/{id}", Access::Administrator, handlers::account)
            .about("adminUser", "One account", "")
            .asks(account_id())
            .answers(Answer::json::<dto::AccountDto<'_>>(StatusCode::OK, "It."))
            .fails::<UnknownAccount>(),
        Endpoint::post("/api/admin/users/{id}/disable", Access::Administrator, handlers::disable)
            .with_csrf_pair()
            .about(
                "adminDisableUser",
                "Shuts an account out, and ends its sessions",
                "Nobody shuts out the account that they ask from.",
            )
            .asks(account_id())
            .answers(changed())
            .fails::<SuperviseError>(),
        Endpoint::post("/api/admin/users/{id}/enable", Access::Administrator, handlers::enable)
            .with_csrf_pair()
            .about(
                "adminEnableUser",
                "Lets a disabled account in again",
                "Its sessions end, if any are left.",
            )
            .asks(account_id())
            .answers(changed())
            .fails::<SuperviseError>(),
    ]
}

fn sessions() -> Vec<Endpoint> {
    let all = "/api/admin/users/{id}/sessions";
    let session = json!({"type": "string", "format": "uuid"});
    vec![
        Endpoint::get(all, Access::Administrator, handlers::sessions)
            .about("adminSessions", "The live sessions of an account", "The newest hundred.")
            .asks(account_id())
            .answers(Answer::json::<crate::sessions::SessionsDto<'_>>(StatusCode::OK, "They."))
            .fails::<UnknownAccount>(),
        Endpoint::delete(all, Access::Administrator, handlers::end_sessions)
            .limited_as(Action::Session)
            .with_csrf_pair()
            .about("adminEndSessions", "Ends every session of an account", "")
            .asks(account_id())
            .answers(Answer::empty(StatusCode::NO_CONTENT, "They have ended."))
            .fails::<UnknownAccount>(),
        Endpoint::delete(
            "/api/admin/users/{id}/sessions/{session}",
            Access::Administrator,
            handlers::end_session,
        )
        .limited_as(Action::Session)
        .with_csrf_pair()
        .about("adminEndSession", "Ends one session of an account", "")
        .asks(account_id())
        .asks(Parameter::path("session", "The session.", session))
        .answers(Answer::empty(StatusCode::NO_CONTENT, "It has ended."))
        .fails::<EndTheirSessionError>(),
    ]
}

fn audit() -> Endpoint {
    let number = json!({"type": "integer", "minimum": 1});
    let account = json!({"type": "string", "format": "uuid"});
    Endpoint::get("/api/admin/audit", Access::Administrator, handlers::audit)
        .about("adminAudit", "What happened, the newest first", "A hundred rows at once.")
        .asks(Parameter::query("account", "Only what happened to this account.", account))
        .asks(Parameter::query("before", "Only rows before this number.", number))
        .answers(Answer::json::<dto::AuditDto<'_>>(StatusCode::OK, "It."))
        .fails::<problems::QueryFault>()
        .fails::<PortError>()
}

fn account_id() -> Parameter {
    Parameter::path("id", "The account.", json!({"type": "string", "format": "uuid"}))
}
