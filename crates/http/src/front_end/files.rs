//! The files of the front end, as they are in the binary.

use actix_web::http::header::{self, EntityTag, Header as _, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse};

use crate::front_end::{ADMINISTRATION_PAGE, DOCUMENT_PAGE};

/// What the page may load, and from where. The vendor's component comes from its own host, as a
/// script and in a frame; its images and those of messages may be anywhere.
const PAGE_POLICY: &str = "default-src 'none'; \
    script-src 'self' https://cdn.platform.openai.com; \
    frame-src https://cdn.platform.openai.com; \
    style-src 'self'; \
    connect-src 'self'; \
    img-src 'self' data: blob: https:; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What the pages of the document and of administrators may load: their own files.
const OWN_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// All of them; the build script makes the list.
pub(super) static FILES: &[File] = &include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// One of them.
pub(super) struct File {
    /// Where it is served.
    pub(super) path: &'static str,
    pub(super) media_type: &'static str,
    /// Of its content, by SHA-256.
    digest: &'static str,
    bytes: &'static [u8],
}

impl File {
    /// The file, or that what is held of it is the newest. Names stay the same from version to
    /// version, so it is always asked for, and sent when it has changed.
    pub(super) fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let tag = EntityTag::new_strong(self.digest.to_owned());
        let is_held = is_held(request, &tag);
        let mut response = if is_held { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response.insert_header((header::ETAG, tag)).insert_header((header::CACHE_CONTROL, "no-cache"));
        if self.media_type.starts_with("text/html") {
            let policy = match self.path {
                DOCUMENT_PAGE | ADMINISTRATION_PAGE => OWN_POLICY,
                _ => PAGE_POLICY,
            };
            response.insert_header((header::CONTENT_SECURITY_POLICY, policy));
        }
        if is_held { response.finish() } else { response.content_type(self.media_type).body(self.bytes) }
    }
}

/// Whether the client holds what has this tag.
pub(crate) fn is_held(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(held)) => held.iter().any(|held| held.weak_eq(tag)),
        Err(_) => false,
    }
}
