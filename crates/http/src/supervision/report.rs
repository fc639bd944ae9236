//! `GET /api/admin/report`: how chats are taken up, what front ends track, and whom limits turn away. It tells
//! of nobody in particular, so that looking at it leaves no row in the audit.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use autorisen_domain::analytics::{
    ChatCounts, ChatReport, ChatStage, Days, LimitReport, Report, ReportError, TrackedCount,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::Services;
use crate::api::{Access, Answer, Endpoint, Parameter};
use crate::extract::ByAdministrator;
use crate::problem::{Failure, Failures, FieldFault, INVALID_FIELDS, Problem, UNAVAILABLE};
use crate::supervision::query::Members;

/// How many days are reported when nothing is said.
const DAYS: u32 = 30;

/// The route.
pub(super) fn endpoint() -> Endpoint {
    let days = json!({"type": "integer", "minimum": 1, "maximum": Days::MOST, "default": DAYS});
    Endpoint::get("/api/admin/report", Access::Administrator, report)
        .about("adminReport", "How chats are taken up, and whom limits turn away", "Days are those of UTC.")
        .asks(Parameter::query("days", "So many days, of which today is the last.", days))
        .answers(Answer::json::<ReportDto<'_>>(StatusCode::OK, "It."))
        .fails::<ReportError>()
}

/// The handler.
async fn report(
    services: Data<Services>,
    ByAdministrator(_): ByAdministrator,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let members = Members::of(&request);
    // What is no number is no number of days either.
    let days = members.value("days").map_or(DAYS, |text| text.parse().unwrap_or_default());
    let report = services.analytics.report(days).await?;
    Ok(HttpResponse::Ok().json(ReportDto::from(&report)))
}

impl Failures for ReportError {
    const ANSWERS: &'static [Failure] = &[INVALID_FIELDS, UNAVAILABLE];
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Days(error) => {
                let message = error.to_string();
                Self::invalid_fields(vec![FieldFault { field: "days", code: "invalid", message }])
            }
            ReportError::Port(cause) => cause.into(),
        }
    }
}

/// What happened on some days. Every list by day has one entry for each of them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Report", example = example())]
struct ReportDto<'a> {
    /// The days of UTC, the oldest first.
    days: Vec<String>,
    /// The chats of each placement in which something happened.
    chats: Vec<ChatDto<'a>>,
    /// What front ends tracked, the most frequent first.
    tracked: Vec<TrackedDto<'a>>,
    /// Whether front ends tracked more kinds of events than are told.
    tracked_is_cut: bool,
    /// Requests that limits turned away.
    limits: Vec<LimitDto<'a>>,
}

impl<'a> From<&'a Report> for ReportDto<'a> {
    fn from(report: &'a Report) -> Self {
        Self {
            days: report.days.iter().map(ToString::to_string).collect(),
            chats: report.chats.iter().map(ChatDto::from).collect(),
            tracked: report.tracked.iter().map(TrackedDto::from).collect(),
            tracked_is_cut: report.tracked_is_cut,
            limits: report.limits.iter().map(LimitDto::from).collect(),
        }
    }
}

/// The chats of one placement.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ChatReport")]
struct ChatDto<'a> {
    placement: &'a str,
    total: CountsDto,
    daily: Vec<CountsDto>,
}

impl<'a> From<&'a ChatReport> for ChatDto<'a> {
    fn from(chat: &'a ChatReport) -> Self {
        Self {
            placement: chat.placement.as_str(),
            total: CountsDto::from(&chat.total),
            daily: chat.daily.iter().map(CountsDto::from).collect(),
        }
    }
}

/// How many chats came how far: the first three count chats, the others all their answers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ChatCounts")]
struct CountsDto {
    token_issued: u64,
    chat_opened: u64,
    first_answer: u64,
    answer_finished: u64,
    answer_stopped: u64,
    answer_failed: u64,
}

impl From<&ChatCounts> for CountsDto {
    fn from(counts: &ChatCounts) -> Self {
        Self {
            token_issued: counts.of(ChatStage::Token),
            chat_opened: counts.of(ChatStage::Opened),
            first_answer: counts.of(ChatStage::FirstAnswer),
            answer_finished: counts.of(ChatStage::Finished),
            answer_stopped: counts.of(ChatStage::Stopped),
            answer_failed: counts.of(ChatStage::Failed),
        }
    }
}

/// An event that front ends tracked, in a step of theirs.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TrackedCount")]
struct TrackedDto<'a> {
    event_type: &'a str,
    step: Option<&'a str>,
    count: u64,
}

impl<'a> From<&'a TrackedCount> for TrackedDto<'a> {
    fn from(tracked: &'a TrackedCount) -> Self {
        Self { event_type: &tracked.event_type, step: tracked.step.as_deref(), count: tracked.count }
    }
}

/// Requests for one thing that a limit turned away.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LimitReport")]
struct LimitDto<'a> {
    /// What was wanted.
    action: &'static str,
    total: u64,
    daily: &'a [u64],
}

impl<'a> From<&'a LimitReport> for LimitDto<'a> {
    fn from(limit: &'a LimitReport) -> Self {
        Self { action: limit.action.as_str(), total: limit.total, daily: &limit.daily }
    }
}

fn example() -> Value {
    let counts = json!({
        "token_issued": 9, "chat_opened": 7, "first_answer": 6, "answer_finished": 11, "answer_stopped": 2,
        "answer_failed": 1,
    });
    json!({
        "days": ["2026-01-31"],
        "chats": [{"placement": "support", "total": counts, "daily": [counts]}],
        "tracked": [{"event_type": "login_view", "step": null, "count": 12}],
        "tracked_is_cut": false,
        "limits": [{"action": "login", "total": 3, "daily": [3]}],
    })
}
