//! What every [`ChatTokens`](autorisen_domain::chat::ChatTokens) keeps.

use std::time::Duration;

use autorisen_domain::auth::OpaqueKind;
use autorisen_domain::chat::ChatClaims;
use autorisen_domain::clock::Timestamp;
use secrecy::ExposeSecret;

use crate::contracts::Deployment;
use crate::contracts::texts::{alterations_of, texts_that_are_no_tokens};
use crate::fixtures::{NOW, claims_for, session_for, thread_for, user};

/// Makes a test of every promise of the port over what the function `$deployment` gives.
#[macro_export]
macro_rules! chat_tokens_contract {
    ($deployment:path) => {
        $crate::deployment_tests! {
            $deployment, chat_tokens:
            verifies_what_it_signed_until_it_ends,
            refuses_a_token_whose_time_is_over,
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
    let chat = make().chat;
    let claims = chat_claims();
    let token = chat.sign(&claims).unwrap();
    for now in [claims.issued_at, NOW, claims.expires_at.minus(SECOND)] {
        assert_eq!(chat.verify(token.expose_secret(), now).as_ref(), Some(&claims), "at {now:?}");
    }
}

pub fn refuses_a_token_whose_time_is_over(make: fn() -> Deployment) {
    let chat = make().chat;
    let claims = chat_claims();
    let token = chat.sign(&claims).unwrap();
    for later in [LEEWAY + SECOND, 60 * LEEWAY, 1_000_000 * LEEWAY] {
        let now = claims.expires_at.plus(later);
        assert_eq!(chat.verify(token.expose_secret(), now), None, "{later:?} later");
    }
}

pub fn refuses_a_token_from_the_future(make: fn() -> Deployment) {
    let chat = make().chat;
    let claims = chat_claims();
    let token = chat.sign(&claims).unwrap();
    for sooner in [LEEWAY + SECOND, 60 * LEEWAY] {
        let now = claims.issued_at.minus(sooner);
        assert_eq!(chat.verify(token.expose_secret(), now), None, "{sooner:?} sooner");
    }
}

pub fn no_two_tokens_are_the_same(make: fn() -> Deployment) {
    let chat = make().chat;
    let claims = chat_claims();
    let [one, other] = [&claims; 2].map(|claims| chat.sign(claims).unwrap());
    assert_ne!(one.expose_secret(), other.expose_secret());
}

pub fn refuses_a_token_that_was_altered_anywhere(make: fn() -> Deployment) {
    let chat = make().chat;
    let token = chat.sign(&chat_claims()).unwrap();
    for altered in alterations_of(token.expose_secret()) {
        assert_eq!(chat.verify(&altered, NOW), None, "{altered} of {}", token.expose_secret());
    }
}

pub fn refuses_what_is_no_token(make: fn() -> Deployment) {
    let chat = make().chat;
    for text in texts_that_are_no_tokens() {
        assert_eq!(chat.verify(&text, NOW), None, "{text:?}");
    }
}

pub fn refuses_a_token_of_another_deployment(make: fn() -> Deployment) {
    let (ours, theirs) = (make().chat, make().chat);
    let token = theirs.sign(&chat_claims()).unwrap();
    assert_eq!(ours.verify(token.expose_secret(), NOW), None);
}

pub fn refuses_tokens_of_other_kinds(make: fn() -> Deployment) {
    let deployment = make().with_a_key();
    let session = session_for(&user("ada@example.org"));
    let access = deployment.access.sign(&claims_for(&session, NOW)).unwrap();
    let refresh = deployment.opaque.mint(OpaqueKind::Refresh, session.id.as_bytes()).unwrap().token;
    let cookie = deployment.opaque.mint(OpaqueKind::Cookie, session.id.as_bytes()).unwrap().token;
    for (what, token) in [("an access token", access), ("a refresh token", refresh), ("a cookie", cookie)] {
        assert_eq!(deployment.chat.verify(token.expose_secret(), NOW), None, "{what} passes");
    }
}

pub(super) fn chat_claims() -> ChatClaims {
    let user = user("ada@example.org");
    let thread = thread_for(&user, "support");
    ChatClaims {
        user: user.id,
        session: session_for(&user).id,
        thread: thread.id,
        placement: thread.placement,
        issued_at: Timestamp::from_secs(NOW.secs()),
        expires_at: Timestamp::from_secs(NOW.secs() + 5 * 60),
    }
}
