//! What is served, each route a little more than the one before.

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{self, Bytes, Data, Json, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::json;

use crate::database::{self, ACCOUNTS, Database};
use crate::token::{Claims, Tokens};

/// What the routes share.
pub(crate) struct State {
    tokens: Tokens,
    database: Database,
}

impl State {
    pub(crate) fn new(database: Database) -> Self {
        Self { tokens: Tokens::new(), database }
    }

    fn claims(&self, request: &HttpRequest) -> Option<Claims> {
        let bearer = request.headers().get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
        self.tokens.read(bearer)
    }
}

/// Names the routes.
pub(crate) fn mount(config: &mut ServiceConfig) {
    config
        .route("/api/health/ready", web::get().to(bare))
        .route("/token/{number}", web::get().to(token))
        .route("/bare", web::get().to(bare))
        .route("/checked", web::get().to(checked))
        .route("/read", web::get().to(read))
        .route("/read/blocking", web::get().to(read_blocking))
        .route("/write", web::post().to(write))
        .route("/write/grouped", web::post().to(write_grouped));
}

/// JSON of the size of what the product says of an account.
#[derive(Serialize)]
struct Bare {
    id: &'static str,
    email: &'static str,
    first_name: &'static str,
    last_name: &'static str,
    role: &'static str,
    seen: i64,
}

const BARE: Bare = Bare {
    id: "00000000-0000-4000-8000-000000000000",
    email: "account-0@example.org",
    first_name: "Ada",
    last_name: "Example",
    role: "Developer",
    seen: 0,
};

async fn bare() -> Json<Bare> {
    Json(BARE)
}

/// A token for one of the accounts.
async fn token(state: Data<State>, number: Path<usize>) -> HttpResponse {
    match state.tokens.sign(database::id(number.into_inner() % ACCOUNTS)) {
        Some(token) => HttpResponse::Ok().json(json!({"access_token": token})),
        None => HttpResponse::InternalServerError().finish(),
    }
}

async fn checked(state: Data<State>, request: HttpRequest) -> HttpResponse {
    match state.claims(&request) {
        Some(_) => HttpResponse::Ok().json(BARE),
        None => HttpResponse::Unauthorized().finish(),
    }
}

async fn read(state: Data<State>, request: HttpRequest) -> HttpResponse {
    match state.claims(&request) {
        Some(claims) => answer(state.database.read(claims.sub).await),
        None => HttpResponse::Unauthorized().finish(),
    }
}

async fn read_blocking(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let Some(claims) = state.claims(&request) else { return HttpResponse::Unauthorized().finish() };
    let read = web::block(move || state.database.read_here(&claims.sub)).await;
    answer(read.unwrap_or_else(|error| Err(error.to_string())))
}

// A body that nobody reads ends its connection.
async fn write(state: Data<State>, request: HttpRequest, _: Bytes) -> HttpResponse {
    match state.claims(&request) {
        Some(claims) => answer(state.database.write(claims.sub).await.map(|()| BARE)),
        None => HttpResponse::Unauthorized().finish(),
    }
}

async fn write_grouped(state: Data<State>, request: HttpRequest, _: Bytes) -> HttpResponse {
    match state.claims(&request) {
        Some(claims) => answer(state.database.write_grouped(claims.sub).await.map(|()| BARE)),
        None => HttpResponse::Unauthorized().finish(),
    }
}

fn answer(done: Result<impl Serialize, String>) -> HttpResponse {
    match done {
        Ok(value) => HttpResponse::Ok().json(value),
        Err(why) => HttpResponse::ServiceUnavailable().body(why),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
    use actix_web::{App, rt};
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_route_does_what_it_is_measured_for() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("floor.db").display());
        database::prepare(&url).unwrap();
        let state = Data::new(State::new(Database::open(&url).unwrap()));
        rt::System::new().block_on(async {
            let app = init_service(App::new().app_data(state.clone()).configure(mount)).await;
            let request = TestRequest::get().uri("/token/7").to_request();
            let token: Value = read_body_json(call_service(&app, request).await).await;
            let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
            let ask = |request: TestRequest, uri: &str| {
                request.uri(uri).insert_header((AUTHORIZATION, bearer.clone())).to_request()
            };
            for uri in ["/bare", "/checked", "/read", "/read/blocking"] {
                let answer = call_service(&app, ask(TestRequest::get(), uri)).await;
                assert_eq!(answer.status(), StatusCode::OK, "{uri}");
            }
            for uri in ["/write", "/write/grouped", "/write"] {
                let answer = call_service(&app, ask(TestRequest::post(), uri)).await;
                assert_eq!(answer.status(), StatusCode::OK, "{uri}");
            }
            let answer = call_service(&app, ask(TestRequest::get(), "/read")).await;
            let account: Value = read_body_json(answer).await;
            assert_eq!((&account["id"], &account["seen"]), (&json!(database::id(7)), &json!(3)));
            for uri in ["/checked", "/read", "/read/blocking"] {
                let answer = call_service(&app, TestRequest::get().uri(uri).to_request()).await;
                assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{uri}");
            }
        });
    }
}
