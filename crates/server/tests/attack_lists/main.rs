//! The lists of known attacks on tokens and sessions, each line by its name, and the tests that show what
//! becomes of it. `limit_ways.rs` is the list of the limits.

mod refreshes;
mod sessions;
mod tokens;

use std::collections::BTreeSet;

/// A line of a list, by its name.
type Line = (&'static str, Shown);

/// What shows what becomes of a line.
enum Shown {
    /// These tests, each with the source that it is in.
    By(&'static [(&'static str, &'static str)]),
    /// None, since there is nothing to attack.
    NotHere(&'static str),
}

/// Every line has a name of its own, and tests that exist or a reason.
fn every_line_is_shown(lines: &[Line], count: usize) {
    let mut names = BTreeSet::new();
    for (name, shown) in lines {
        assert!(names.insert(name), "{name} is there twice");
        match shown {
            Shown::By(tests) => {
                assert!(!tests.is_empty(), "{name}");
                for (source, test) in *tests {
                    assert!(source.contains(&format!("fn {test}(")), "{name}: there is no {test}");
                }
            }
            Shown::NotHere(reason) => assert!(!reason.is_empty(), "{name}"),
        }
    }
    assert_eq!(names.len(), count);
}

/// Sources of tests.
mod source {
    pub(super) const ACCESS: &str = include_str!("../../../security/src/access.rs");
    pub(super) const ACCOUNT_ATTACKS: &str = include_str!("../account_attacks.rs");
    pub(super) const AUTH_FLOW: &str = include_str!("../auth_flow.rs");
    pub(super) const BAD_INPUT: &str = include_str!("../bad_input.rs");
    pub(super) const BROWSER: &str = include_str!("../browser.rs");
    pub(super) const BROWSER_MODE: &str = include_str!("../../../http/tests/browser_mode.rs");
    pub(super) const CHAT_ISOLATION: &str = include_str!("../chat_isolation.rs");
    pub(super) const CLAIMS: &str = include_str!("../../../security/src/forged/claims.rs");
    pub(super) const CONSTANT_TIME: &str = include_str!("../../../security/tests/constant_time.rs");
    pub(super) const COOKIES: &str = include_str!("../../../http/src/cookies.rs");
    pub(super) const CSRF_MATRIX: &str = include_str!("../csrf_matrix.rs");
    pub(super) const DIGEST: &str = include_str!("../../../domain/src/digest.rs");
    pub(super) const DOMAIN_COOKIE: &str = include_str!("../../../domain/tests/domain/auth_cookie.rs");
    pub(super) const DOMAIN_KEYS: &str = include_str!("../../../domain/tests/domain/keys.rs");
    pub(super) const DOMAIN_LIST: &str = include_str!("../../../domain/tests/domain/auth_session_list.rs");
    pub(super) const DOMAIN_LOGOUT: &str = include_str!("../../../domain/tests/domain/auth_logout.rs");
    pub(super) const DOMAIN_PASSWORDS: &str = include_str!("../../../domain/tests/domain/auth_passwords.rs");
    pub(super) const DOMAIN_REFRESH: &str = include_str!("../../../domain/tests/domain/auth_refresh.rs");
    pub(super) const DOMAIN_SESSIONS: &str = include_str!("../../../domain/tests/domain/auth_sessions.rs");
    pub(super) const FORGE: &str = include_str!("../../../security/src/forged/mod.rs");
    pub(super) const FUZZ: &str = include_str!("../../../fuzz/src/lib.rs");
    pub(super) const HEADER: &str = include_str!("../../../security/src/forged/header.rs");
    pub(super) const HOSTILE: &str = include_str!("../../../security/tests/hostile_tokens.rs");
    pub(super) const HTTP_SESSIONS: &str = include_str!("../../../http/tests/sessions.rs");
    pub(super) const KEYS: &str = include_str!("../keys.rs");
    pub(super) const MUTATED: &str = include_str!("../../../security/tests/mutated_tokens.rs");
    pub(super) const PASSWORD_FLOW: &str = include_str!("../password_flow.rs");
    pub(super) const REFRESH_CASES: &str = include_str!("../../../storage/tests/refresh_cases.rs");
    pub(super) const REFRESH_FAULTS: &str = include_str!("../refresh_faults.rs");
    pub(super) const REPLICAS: &str = include_str!("../replicas.rs");
    pub(super) const SESSION_ATTACKS: &str = include_str!("../session_attacks.rs");
    pub(super) const TEXT: &str = include_str!("../../../security/src/forged/text.rs");
    pub(super) const TOKEN_CONTRACT: &str = include_str!("../../../testkit/src/contracts/access_tokens.rs");
    pub(super) const TOKEN_KINDS: &str = include_str!("../token_kinds.rs");
}
