//! Attacks on sessions and accounts.

use super::Shown::{By, NotHere};
use super::source::*;
use super::{Line, every_line_is_shown};

const NO_MAIL: &str = "no mail is sent, so no link in one resets or confirms anything";
const NO_SECOND_FACTOR: &str = "there is no second factor";

const LINES: &[Line] = &[
    (
        "1 fixation: a planted cookie is not adopted",
        By(&[(SESSION_ATTACKS, "a_cookie_that_was_planted_before_the_login_is_not_adopted")]),
    ),
    // There is no step up: one factor is all there is.
    (
        "2 a new id at login and at a change of the password",
        By(&[
            (SESSION_ATTACKS, "the_session_before_a_new_login_is_dead"),
            (DOMAIN_PASSWORDS, "a_change_signs_in_anew_and_ends_every_session_before_it"),
        ]),
    ),
    (
        "3 the old id is dead after each",
        By(&[
            (DOMAIN_COOKIE, "a_replaced_session_ends_and_its_successor_lives"),
            (PASSWORD_FLOW, "a_change_ends_every_other_session_and_answers_a_new_one"),
        ]),
    ),
    (
        "4 cookies without __Host-, Secure, HttpOnly, SameSite",
        By(&[
            (ACCOUNT_ATTACKS, "every_cookie_has_all_its_flags"),
            (BROWSER, "cookies_are_for_https_alone_where_the_public_url_is"),
        ]),
    ),
    (
        "5 cookies tossed by a neighbouring domain",
        By(&[
            (ACCOUNT_ATTACKS, "a_cookie_that_a_neighbouring_domain_set_counts_for_nothing"),
            (COOKIES, "a_name_that_only_looks_like_ours_is_not"),
        ]),
    ),
    (
        "6 logout twice",
        By(&[
            (DOMAIN_LOGOUT, "signing_out_again_is_no_failure_and_no_event"),
            (AUTH_FLOW, "a_session_lives_in_cookies_alone"),
        ]),
    ),
    ("7 logout by GET", By(&[(SESSION_ATTACKS, "a_get_signs_nobody_out")])),
    (
        "8 one ended, others live",
        By(&[
            (AUTH_FLOW, "logout_ends_this_session_and_no_other"),
            (SESSION_ATTACKS, "a_user_sees_their_sessions_and_ends_them"),
        ]),
    ),
    (
        "9 all ended, with and without the current one",
        By(&[
            (AUTH_FLOW, "logout_of_all_devices_ends_every_session"),
            (SESSION_ATTACKS, "the_others_end_and_who_asks_stays"),
        ]),
    ),
    (
        "10 ban, delete, role: at the next request on every replica",
        By(&[
            (REPLICAS, "what_has_ended_opens_nothing_on_any_replica"),
            (DOMAIN_SESSIONS, "the_tokens_of_a_deleted_account_are_not_those_of_its_successor"),
        ]),
    ),
    (
        "11 idle and absolute limit",
        By(&[
            (DOMAIN_SESSIONS, "a_session_that_is_not_renewed_ends_at_its_idle_limit"),
            (DOMAIN_SESSIONS, "a_session_that_is_renewed_ends_at_its_absolute_limit"),
        ]),
    ),
    (
        "12 the list of sessions shows no secret",
        By(&[(HTTP_SESSIONS, "the_list_shows_each_session_and_no_secret")]),
    ),
    (
        "13 ids of other people's sessions: 404",
        By(&[(SESSION_ATTACKS, "nobody_reaches_a_session_of_somebody_else")]),
    ),
    // There is no cap: a login ends no other, and the list shows the hundred used last.
    (
        "14 logins at once at the cap of sessions",
        By(&[(DOMAIN_LIST, "of_very_many_sessions_those_used_last_are_shown")]),
    ),
    (
        "15 forged requests, every combination",
        By(&[
            (CSRF_MATRIX, "only_our_own_pages_end_sessions_whatever_they_show_and_send"),
            (CSRF_MATRIX, "every_unsafe_route_refuses_foreign_pages_before_anything_else"),
            (BROWSER, "a_csrf_pair_that_is_half_there_forged_or_unequal_is_refused"),
        ]),
    ),
    ("16 forged logins", By(&[(CSRF_MATRIX, "a_foreign_page_signs_nobody_in")])),
    (
        "17 CORS: reflected, null, suffix, port, scheme, star with credentials",
        By(&[
            (ACCOUNT_ATTACKS, "no_origin_but_the_listed_one_may_read"),
            (BROWSER, "preflights_let_the_client_through_and_nobody_else"),
        ]),
    ),
    // No route redirects.
    ("18 open redirects", By(&[(ACCOUNT_ATTACKS, "no_answer_sends_anybody_elsewhere")])),
    // The header is used for nothing but the origin rule.
    ("19 poisoned Host header", By(&[(ACCOUNT_ATTACKS, "no_answer_sends_anybody_elsewhere")])),
    ("20 tokens of password resets", NotHere(NO_MAIL)),
    ("21 a reset does not skip the second factor", NotHere(NO_SECOND_FACTOR)),
    ("22 GET of a link in a mail changes nothing", NotHere(NO_MAIL)),
    ("23 registration over an unverified account", NotHere(NO_MAIL)),
    ("24 social login with an unverified address", NotHere("there is no social login")),
    (
        "25 Unicode and other spellings of addresses",
        By(&[(ACCOUNT_ATTACKS, "addresses_that_look_alike_are_refused_or_somebody_elses")]),
    ),
    ("26 mass assignment", By(&[(ACCOUNT_ATTACKS, "members_that_nobody_asked_for_change_nothing")])),
    ("27 replayed one-time passwords", NotHere(NO_SECOND_FACTOR)),
    ("28 a recovery code twice", NotHere(NO_SECOND_FACTOR)),
    (
        "29 one-time anything a hundred times in parallel",
        By(&[
            (ACCOUNT_ATTACKS, "of_a_hundred_that_finish_one_registration_at_once_exactly_one_does"),
            (ACCOUNT_ATTACKS, "of_a_hundred_that_register_one_address_at_once_exactly_one_does"),
            (PASSWORD_FLOW, "of_many_changes_at_once_on_two_replicas_exactly_one_wins"),
            (REFRESH_CASES, "one_token_shown_fifty_times_at_once_gets_one_successor"),
        ]),
    ),
    (
        "30 the last and the first administrator",
        NotHere("no role administers: operators use the command line"),
    ),
];

#[test]
fn every_attack_on_sessions_is_shown() {
    every_line_is_shown(LINES, 30);
    assert!(BAD_INPUT.contains("fn tokens_that_are_not_ours_open_nothing("));
    assert!(
        BROWSER_MODE.contains("fn a_script_that_asks_for_tokens_gets_none_from_the_cookies_of_cookie_mode(")
    );
}
