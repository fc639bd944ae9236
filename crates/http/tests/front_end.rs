//! The front end that comes along: the page, the module, and how a browser gets there.

mod support;

use std::path::Path;

use actix_web::http::Method;
use actix_web::test::TestRequest;

use support::{Answer, Surface};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const WEB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/web");

async fn get_with(surface: &Surface, path: &str, name: &str, value: &str) -> Answer {
    surface.send(TestRequest::get().uri(path).insert_header((name, value))).await
}

#[actix_web::test]
async fn a_browser_is_led_to_the_page_and_a_program_gets_the_heartbeat() {
    let surface = Surface::new().await;
    let led = get_with(&surface, "/", "accept", BROWSER).await;
    assert_eq!((led.status, led.header("location")), (303, Some("/app")));
    assert!(led.body.is_empty());

    let head = TestRequest::default().method(Method::HEAD).uri("/").insert_header(("accept", BROWSER));
    let answers = [
        surface.get("/").await,
        get_with(&surface, "/", "accept", "*/*").await,
        get_with(&surface, "/", "accept", "application/json").await,
        surface.send(head).await,
    ];
    for answer in answers.iter().chain([&led]) {
        let vary = answer.header("vary").unwrap_or_default();
        assert!(vary.starts_with("Accept"), "what a cache keeps is for those who ask alike: {vary}");
    }
    for answer in answers {
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    }
}

#[actix_web::test]
async fn the_page_may_load_what_it_needs_and_nothing_else() {
    let surface = Surface::new().await;
    let page = surface.get("/app").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = page.header("content-security-policy").unwrap_or_default();
    let directives: Vec<&str> = policy.split("; ").collect();
    assert_eq!(
        directives,
        [
            "default-src 'none'",
            "script-src 'self' https://cdn.platform.openai.com",
            "frame-src https://cdn.platform.openai.com",
            "style-src 'self'",
            "connect-src 'self'",
            "img-src 'self' data: blob: https:",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    );
    assert_eq!(page.header("cross-origin-embedder-policy"), None, "the component would not load");
    let script = surface.get("/autorisen.js").await;
    assert_eq!(
        script.header("content-security-policy"),
        Some("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
        "only a page needs more"
    );
    let slash = surface.get("/app/").await;
    assert_eq!((slash.status, slash.header("location")), (308, Some("/app")));
}

#[actix_web::test]
async fn the_pages_of_the_document_and_of_administrators_load_their_own_files_alone() {
    let surface = Surface::new().await;
    for path in ["/docs", "/app/admin"] {
        let page = surface.get(path).await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        let policy = page.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        let slash = surface.get(&format!("{path}/")).await;
        assert_eq!((slash.status, slash.header("location")), (308, Some(path)));
    }

    let document = surface.get("/api/openapi.json").await;
    assert_eq!((document.status, document.header("content-type")), (200, Some("application/json")));
    assert_eq!(document.json(), autorisen_http::document());
    let tag = document.header("etag").unwrap_or_default();
    let again = get_with(&surface, "/api/openapi.json", "if-none-match", tag).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
}

#[actix_web::test]
async fn a_page_that_may_call_us_may_import_the_module() {
    let surface = Surface::new().await;
    let module = get_with(&surface, "/autorisen.js", "origin", "https://app.example.org").await;
    assert_eq!((module.status, module.header("content-type")), (200, Some("text/javascript; charset=utf-8")));
    assert_eq!(module.header("access-control-allow-origin"), Some("https://app.example.org"));
    assert!(module.body == std::fs::read(Path::new(WEB).join("autorisen.js")).unwrap_or_default());
    let tag = module.header("etag").unwrap_or_default();
    let again = TestRequest::get().uri("/autorisen.js").insert_header(("origin", "https://app.example.org"));
    let again = surface.send(again.insert_header(("if-none-match", tag))).await;
    assert_eq!(
        (again.status, again.header("access-control-allow-origin")),
        (304, Some("https://app.example.org"))
    );
    let stranger = get_with(&surface, "/autorisen.js", "origin", "https://elsewhere.example").await;
    assert_eq!(stranger.header("access-control-allow-origin"), None);
}

#[actix_web::test]
async fn what_is_held_is_not_sent_again() {
    let surface = Surface::new().await;
    for path in ["/app", "/autorisen.js"] {
        let first = surface.get(path).await;
        let tag = first.header("etag").unwrap_or_default().to_owned();
        assert!(tag.starts_with('"') && tag.len() == 66, "{tag} is strong, and a digest");
        assert_eq!(first.header("cache-control"), Some("no-cache"));
        for held in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let again = get_with(&surface, path, "if-none-match", &held).await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{held}");
            assert_eq!(again.header("etag"), Some(tag.as_str()));
            assert_eq!(again.header("cache-control"), Some("no-cache"));
            assert_eq!(again.header("content-security-policy"), first.header("content-security-policy"));
        }
        for held in ["\"other\"", "rubbish"] {
            assert_eq!(get_with(&surface, path, "if-none-match", held).await.status, 200, "{held}");
        }
    }
}

#[actix_web::test]
async fn files_are_read_and_never_written() {
    let surface = Surface::new().await;
    for path in ["/app", "/app/", "/autorisen.js"] {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            let answer = surface.send(TestRequest::default().method(method.clone()).uri(path)).await;
            assert_eq!(answer.problem(405), "method_not_allowed", "{method} {path}");
            assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        }
    }
    let head = surface.send(TestRequest::default().method(Method::HEAD).uri("/autorisen.js")).await;
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/javascript; charset=utf-8")));
}

#[actix_web::test]
async fn every_file_of_the_folder_is_served_as_it_is() {
    let surface = Surface::new().await;
    let mut folders = vec![Path::new(WEB).join("app"), Path::new(WEB).join("docs")];
    let mut served = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(WEB).unwrap_or(&path).to_string_lossy().into_owned();
            let name = name.strip_suffix("/index.html").unwrap_or(&name);
            let answer = surface.get(&format!("/{name}")).await;
            assert_eq!(answer.status, 200, "{name}");
            assert!(answer.header("content-type").is_some_and(|kind| kind.ends_with("; charset=utf-8")));
            assert!(answer.body == std::fs::read(&path).unwrap_or_default(), "{name} is as it is");
            served += 1;
        }
    }
    assert!(served > 1, "the folder holds a page and what it loads");
    for path in [
        "/app/index.html",
        "/app/nothing.js",
        "/app/../Cargo.toml",
        "/app/%2e%2e/Cargo.toml",
        "/tsconfig.json",
    ] {
        assert_eq!(surface.get(path).await.problem(404), "not_found", "{path}");
    }
}
