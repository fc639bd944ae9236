//! What every [`CsrfTokens`](autorisen_domain::auth::CsrfTokens) keeps.

use std::time::Duration;

use autorisen_domain::auth::CsrfCheck;
use autorisen_domain::clock::Timestamp;

use crate::contracts::Deployment;
use crate::contracts::texts::{alterations_of, texts_that_are_no_tokens};
use crate::fixtures::NOW;

/// Makes a test of every promise of the port over what the function `$deployment` gives.
#[macro_export]
macro_rules! csrf_tokens_contract {
    ($deployment:path) => {
        $crate::deployment_tests! {
            $deployment, csrf_tokens:
            a_token_is_good_until_the_time_it_names,
            the_time_it_names_does_not_move,
            no_two_tokens_are_the_same,
            refuses_a_token_that_was_altered_anywhere,
            refuses_what_is_no_token,
            refuses_a_token_of_another_deployment,
        }
    };
}

pub fn a_token_is_good_until_the_time_it_names(make: fn() -> Deployment) {
    let csrf = make().csrf;
    let token = csrf.issue(NOW).unwrap();
    let until = good_until(csrf.check(&token, NOW));
    assert!(until > NOW, "it is good for a while");
    assert_ne!(csrf.check(&token, until.minus(Duration::from_micros(1))), CsrfCheck::Invalid);
    for later in [Duration::ZERO, Duration::from_secs(1), Duration::from_hours(100_000)] {
        assert_eq!(csrf.check(&token, until.plus(later)), CsrfCheck::Invalid, "{later:?} later");
    }
}

pub fn the_time_it_names_does_not_move(make: fn() -> Deployment) {
    let csrf = make().csrf;
    let token = csrf.issue(NOW).unwrap();
    let until = good_until(csrf.check(&token, NOW));
    let late = until.minus(Duration::from_secs(1));
    assert_eq!(good_until(csrf.check(&token, late)), until);
}

pub fn no_two_tokens_are_the_same(make: fn() -> Deployment) {
    let csrf = make().csrf;
    assert_ne!(csrf.issue(NOW).unwrap(), csrf.issue(NOW).unwrap());
}

pub fn refuses_a_token_that_was_altered_anywhere(make: fn() -> Deployment) {
    let csrf = make().csrf;
    let token = csrf.issue(NOW).unwrap();
    for altered in alterations_of(&token) {
        assert_eq!(csrf.check(&altered, NOW), CsrfCheck::Invalid, "{altered} of {token}");
    }
}

pub fn refuses_what_is_no_token(make: fn() -> Deployment) {
    let csrf = make().csrf;
    for text in texts_that_are_no_tokens() {
        assert_eq!(csrf.check(&text, NOW), CsrfCheck::Invalid, "{text:?}");
    }
}

pub fn refuses_a_token_of_another_deployment(make: fn() -> Deployment) {
    let (ours, theirs) = (make().csrf, make().csrf);
    assert_eq!(ours.check(&theirs.issue(NOW).unwrap(), NOW), CsrfCheck::Invalid);
}

fn good_until(check: CsrfCheck) -> Timestamp {
    match check {
        CsrfCheck::Valid { until } => until,
        CsrfCheck::Invalid => panic!("a token that was just made is good"),
    }
}
