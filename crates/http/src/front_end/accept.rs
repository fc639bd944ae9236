//! What a client would rather have (RFC 9110, section 12.5.1).

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{Accept, Header as _, Quality, QualityItem};
use actix_web::mime::{APPLICATION_JSON, Mime, STAR, TEXT_HTML};

/// Whether a page is wanted rather than JSON, as when somebody types our address into a browser.
/// Programs say nothing of the kind, and browsers send no HEAD.
pub(crate) fn prefers_html(request: &HttpRequest) -> bool {
    let is_read = *request.method() == Method::GET;
    is_read
        && Accept::parse(request)
            .is_ok_and(|accept| quality(&accept, &TEXT_HTML) > quality(&accept, &APPLICATION_JSON))
}

/// How welcome a media type is: what the closest of the ranges says that it is in.
fn quality(accept: &[QualityItem<Mime>], wanted: &Mime) -> Quality {
    let closeness = |range: &Mime| match (range.type_(), range.subtype()) {
        (of, kind) if of == wanted.type_() && kind == wanted.subtype() => Some(2),
        (of, kind) if of == wanted.type_() && kind == STAR => Some(1),
        (of, kind) if of == STAR && kind == STAR => Some(0),
        _ => None,
    };
    accept
        .iter()
        .filter_map(|range| closeness(&range.item).map(|closeness| (closeness, range.quality)))
        .max_by_key(|(closeness, _)| *closeness)
        .map_or(Quality::ZERO, |(_, quality)| quality)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const BROWSER: &str =
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

    fn prefers(accept: &str) -> bool {
        prefers_html(&TestRequest::get().insert_header(("accept", accept)).to_http_request())
    }

    #[test]
    fn a_browser_prefers_a_page() {
        for accept in
            [BROWSER, "text/html", "text/*", "application/json;q=0.5, text/html;q=0.6", "text/html, */*;q=0"]
        {
            assert!(prefers(accept), "{accept}");
        }
    }

    #[test]
    fn a_program_does_not() {
        for accept in [
            "*/*",
            "",
            "application/json",
            "text/html, application/json",
            "text/html;q=0.5, application/json",
            "text/html;q=0.5, */*",
            "text/html;q=0, */*;q=0.1",
            "text/html;q=0",
            "text/plain",
            "rubbish",
            "text/html;q=2",
        ] {
            assert!(!prefers(accept), "{accept}");
        }
        assert!(!prefers_html(&TestRequest::get().to_http_request()), "nor one that says nothing");
        let head = TestRequest::default().method(Method::HEAD).insert_header(("accept", BROWSER));
        assert!(!prefers_html(&head.to_http_request()), "nor one that asks for the head alone");
    }
}
