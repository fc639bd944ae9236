//! Health and what crawlers look for, over fakes.

mod support;

use serde_json::json;

use support::Surface;

#[actix_web::test]
async fn readiness_says_what_is_wrong() {
    let surface = Surface::new().await;
    assert_eq!(surface.get("/readyz").await.status, 200);
    surface.world.check.find(Some("out of order"));
    for path in ["/readyz", "/api/health/ready"] {
        let answer = surface.get(path).await;
        assert_eq!(answer.problem(503), "not_ready");
        assert!(answer.json()["detail"].as_str().unwrap().contains("out of order"));
        assert_eq!(answer.json()["errors"][0]["message"], "out of order");
        assert!(answer.header("retry-after").is_some());
    }
    assert_eq!(surface.get("/api/health").await.status, 200, "the process runs all the same");
}

#[actix_web::test]
async fn the_heartbeat_is_json() {
    let surface = Surface::new().await;
    let answer = surface.get("/").await;
    let expected = json!({"status": "ok", "service": "autorisen", "version": "v1", "health": "/api/health"});
    assert_eq!((answer.status, answer.json()), (200, expected));
    assert_eq!(
        surface.get("/api/health").await.json(),
        json!({"status": "ok", "version": "v1", "env": "test"})
    );
}

#[actix_web::test]
async fn what_the_program_was_built_from_is_told_whatever_the_version_is_set_to() {
    let mut surface = Surface::new().await;
    surface.settings.commit = Some("0123456789abcdef0123456789abcdef01234567");
    let health = surface.get("/api/health").await.json();
    assert_eq!(health["version"], "v1");
    assert_eq!(health["commit"], "0123456789abcdef0123456789abcdef01234567");
}

#[actix_web::test]
async fn public_keys_are_public_and_may_be_kept_for_a_while() {
    let surface = Surface::new().await;
    let answer = surface.get("/.well-known/jwks.json").await;
    assert_eq!(answer.json()["keys"].as_array().unwrap().len(), 2);
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
}
