//! The admin listener: what it tells, and whom it refuses.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use async_trait::async_trait;
use autorisen_http::{AdminAccess, AdminServices, MetricsPage, admin_app};
use autorisen_testkit::fakes::FakeDigests;

struct Page;

#[async_trait]
impl MetricsPage for Page {
    async fn text(&self) -> String {
        "up 1\n".to_owned()
    }
}

/// The status, the code of the problem, and the text, of an answer to these headers.
async fn asked(
    access: AdminAccess,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, String, String) {
    let app = init_service(admin_app(&AdminServices { metrics: Arc::new(Page), access })).await;
    let mut request = TestRequest::default().method(method).uri(path);
    for pair in headers {
        request = request.append_header(*pair);
    }
    let answer = call_service(&app, request.to_request()).await;
    let status = answer.status();
    assert_eq!(answer.headers().get("cache-control").unwrap(), "no-store");
    let text = String::from_utf8(read_body(answer).await.to_vec()).unwrap();
    let problem: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    (status, problem["code"].as_str().unwrap_or_default().to_owned(), text)
}

fn by_token() -> AdminAccess {
    AdminAccess::by_token("right", Arc::new(FakeDigests::new(1)))
}

#[actix_web::test]
async fn the_token_and_nothing_else_opens_it() {
    for headers in [&[][..], &[("authorization", "Basic cmlnaHQ6")], &[("cookie", "token=right")]] {
        let (status, code, _) = asked(by_token(), Method::GET, "/metrics", headers).await;
        assert_eq!((status.as_u16(), code.as_str()), (401, "not_authenticated"), "{headers:?}");
    }
    for wrong in ["Bearer wrong", "Bearer ", "Bearer right1", "Bearer righ", "Bearer RIGHT"] {
        let (status, code, text) =
            asked(by_token(), Method::GET, "/metrics", &[("authorization", wrong)]).await;
        assert_eq!((status.as_u16(), code.as_str()), (401, "invalid_token"), "{wrong}");
        assert!(!text.contains("up 1"));
    }
    let twice = [("authorization", "Bearer right"), ("authorization", "Bearer right")];
    assert_eq!(asked(by_token(), Method::GET, "/metrics", &twice).await.0.as_u16(), 401);
    let right = [("authorization", "bearer right"), ("host", "metrics.example.org")];
    let (status, _, text) = asked(by_token(), Method::GET, "/metrics", &right).await;
    assert_eq!((status.as_u16(), text.as_str()), (200, "up 1\n"));
}

#[actix_web::test]
async fn strangers_do_not_learn_which_paths_there_are() {
    for path in ["/metrics", "/", "/nothing", "/api/health"] {
        assert_eq!(asked(by_token(), Method::GET, path, &[]).await.0.as_u16(), 401, "{path}");
    }
    let right = [("authorization", "Bearer right")];
    assert_eq!(asked(by_token(), Method::GET, "/", &right).await.1, "not_found");
    assert_eq!(asked(by_token(), Method::POST, "/metrics", &right).await.1, "method_not_allowed");
    assert_eq!(asked(by_token(), Method::HEAD, "/metrics", &right).await.0.as_u16(), 200);
}

#[actix_web::test]
async fn without_a_token_only_addresses_of_this_machine_are_answered() {
    let access = AdminAccess::on_this_machine;
    for host in ["localhost:9464", "LOCALHOST", "127.0.0.1:9464", "127.1.2.3", "[::1]:9464"] {
        let (status, ..) = asked(access(), Method::GET, "/metrics", &[("host", host)]).await;
        assert_eq!(status.as_u16(), 200, "{host}");
    }
    for host in
        ["evil.example.org", "127.0.0.1.evil.example.org", "localhost.evil.example.org:9464", "10.0.0.1", ""]
    {
        let (status, code, _) = asked(access(), Method::GET, "/metrics", &[("host", host)]).await;
        assert_eq!((status.as_u16(), code.as_str()), (403, "wrong_host"), "{host}");
    }
    let two = [("host", "localhost"), ("host", "evil.example.org")];
    assert_eq!(asked(access(), Method::GET, "/metrics", &two).await.1, "wrong_host");
}
