//! What every [`AccessTokens`](autorisen_domain::auth::AccessTokens) keeps.

use std::time::Duration;

use autorisen_domain::auth::{AccessClaims, OpaqueKind, TokenRefusal};
use secrecy::ExposeSecret;

use crate::contracts::Deployment;
use crate::contracts::chat_tokens::chat_claims;
use crate::contracts::texts::{alterations_of, texts_that_are_no_tokens};
use crate::fixtures::{NOW, claims_for, session_for, user};

/// Makes a test of every promise of the port over what the function `$deployment` gives.
#[macro_export]
macro_rules! access_tokens_contract {
    ($deployment:path) => {
        $crate::deployment_tests! {
            $deployment, access_tokens:
            verifies_what_it_signed_until_it_ends,
            an_expired_token_still_says_whose_it_was,
            refuses_a_token_from_the_future,
            no_two_tokens_are_the_same,
            refuses_a_token_that_was_altered_anywhere,
            refuses_what_is_no_token,
            refuses_a_token_of_another_deployment,
            refuses_tokens_of_other_kinds,
        }
    };
}

/// The most that clocks may differ.
const LEEWAY: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);

pub fn verifies_what_it_signed_until_it_ends(make: fn() -> Deployment) {
    let access = make().with_a_key().access;
    let claims = claims();
    let token = access.sign(&claims).unwrap();
    let micro = Duration::from_micros(1);
    for now in [claims.issued_at, NOW, claims.expires_at.minus(SECOND), claims.expires_at.minus(micro)] {
        assert_eq!(access.verify(token.expose_secret(), now), Ok(claims), "at {now:?}");
    }
}

pub fn an_expired_token_still_says_whose_it_was(make: fn() -> Deployment) {
    let access = make().with_a_key().access;
    let claims = claims();
    let token = access.sign(&claims).unwrap();
    for later in [LEEWAY + SECOND, 60 * LEEWAY, 1_000_000 * LEEWAY] {
        let refused = access.verify(token.expose_secret(), claims.expires_at.plus(later));
        assert_eq!(refused, Err(TokenRefusal::Expired(claims)), "{later:?} later");
    }
}

pub fn refuses_a_token_from_the_future(make: fn() -> Deployment) {
    let access = make().with_a_key().access;
    let claims = claims();
    let token = access.sign(&claims).unwrap();
    for sooner in [LEEWAY + SECOND, 60 * LEEWAY] {
        let refused = access.verify(token.expose_secret(), claims.issued_at.minus(sooner));
        assert_eq!(refused, Err(TokenRefusal::Invalid), "{sooner:?} sooner");
    }
}

pub fn no_two_tokens_are_the_same(make: fn() -> Deployment) {
    let access = make().with_a_key().access;
    let [one, other] = [claims(); 2].map(|claims| access.sign(&claims).unwrap());
    assert_ne!(one.expose_secret(), other.expose_secret());
}

pub fn refuses_a_token_that_was_altered_anywhere(make: fn() -> Deployment) {
    let access = make().with_a_key().access;
    let claims = claims();
    let token = access.sign(&claims).unwrap();
    // Expired, it must not say whose it was when that may be made up.
    let expired = claims.expires_at.plus(60 * LEEWAY);
    for (n, altered) in alterations_of(token.expose_secret()).into_iter().enumerate() {
        let now = if n % 2 == 0 { NOW } else { expired };
        let refused = access.verify(&altered, now);
        assert_eq!(refused, Err(TokenRefusal::Invalid), "{altered} of {}", token.expose_secret());
    }
}

pub fn refuses_what_is_no_token(make: fn() -> Deployment) {
    let access = make().with_a_key().access;
    for text in texts_that_are_no_tokens() {
        assert_eq!(access.verify(&text, NOW), Err(TokenRefusal::Invalid), "{text:?}");
    }
}

pub fn refuses_a_token_of_another_deployment(make: fn() -> Deployment) {
    let (ours, theirs) = (make().with_a_key().access, make().with_a_key().access);
    let token = theirs.sign(&claims()).unwrap();
    assert_eq!(ours.verify(token.expose_secret(), NOW), Err(TokenRefusal::Invalid));
}

pub fn refuses_tokens_of_other_kinds(make: fn() -> Deployment) {
    let deployment = make().with_a_key();
    let session = session_for(&user("ada@example.org"));
    let chat = deployment.chat.sign(&chat_claims()).unwrap();
    let refresh = deployment.opaque.mint(OpaqueKind::Refresh, session.id.as_bytes()).unwrap().token;
    let cookie = deployment.opaque.mint(OpaqueKind::Cookie, session.id.as_bytes()).unwrap().token;
    for (what, token) in [("chat token", chat), ("refresh token", refresh), ("session cookie", cookie)] {
        let refused = deployment.access.verify(token.expose_secret(), NOW);
        assert_eq!(refused, Err(TokenRefusal::Invalid), "a {what} passes");
    }
}

fn claims() -> AccessClaims {
    claims_for(&session_for(&user("ada@example.org")), NOW)
}
