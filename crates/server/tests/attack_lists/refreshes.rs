//! The cases of renewing a session, on both databases.

use super::Shown::By;
use super::source::*;
use super::{Line, every_line_is_shown};

const LINES: &[Line] = &[
    (
        "1 a chain of 10,000",
        By(&[
            (DOMAIN_REFRESH, "a_chain_of_ten_thousand_renewals_holds"),
            (REFRESH_CASES, "a_long_chain_of_renewals_holds"),
        ]),
    ),
    (
        "2 one token fifty times in parallel",
        By(&[(REFRESH_CASES, "one_token_shown_fifty_times_at_once_gets_one_successor")]),
    ),
    ("3 a lost answer", By(&[(REFRESH_CASES, "a_client_that_lost_the_answer_gets_it_again")])),
    (
        "4 the parent after the window",
        By(&[(REFRESH_CASES, "a_parent_after_the_window_ends_the_family_and_is_in_the_audit")]),
    ),
    ("5 the grandparent", By(&[(REFRESH_CASES, "a_grandparent_ends_the_family_at_once")])),
    // Dead: who has the successor used it, so who shows the parent is somebody else.
    (
        "6 the successor used, then the parent inside the window",
        By(&[(REFRESH_CASES, "a_parent_whose_successor_was_used_ends_the_family_inside_the_window")]),
    ),
    (
        "7 two replicas, the parent to both at the same moment",
        By(&[
            (REFRESH_CASES, "two_replicas_shown_one_parent_at_the_same_moment_give_one_successor"),
            (REPLICAS, "many_tabs_on_three_replicas_of_postgres_sign_nobody_out"),
            (REPLICAS, "many_tabs_on_sqlite_sign_nobody_out"),
        ]),
    ),
    // A server takes the time from PostgreSQL, so its own clock does not matter in the first place.
    ("8 clocks apart by 5 s, 60 s", By(&[(REFRESH_CASES, "clocks_that_differ_sign_nobody_out")])),
    (
        "9 kill -9 between commit and answer",
        By(&[(REFRESH_FAULTS, "a_server_that_is_killed_at_any_moment_of_a_renewal_signs_nobody_out")]),
    ),
    // What a server sees of a restart is that its connections break. On SQLite it is line 9.
    (
        "10 a restart of the database in between",
        By(&[
            (REFRESH_FAULTS, "connections_that_the_database_breaks_in_between_sign_nobody_out"),
            (REFRESH_FAULTS, "a_server_that_is_killed_at_any_moment_of_a_renewal_signs_nobody_out"),
        ]),
    ),
    (
        "11 the absolute limit beats the sliding one",
        By(&[(REFRESH_CASES, "the_absolute_limit_beats_every_renewal")]),
    ),
    (
        "12 revoked, banned, deleted",
        By(&[(REFRESH_CASES, "what_is_revoked_disabled_or_deleted_is_not_renewed")]),
    ),
    ("13 while keys rotate", By(&[(REFRESH_CASES, "a_session_is_renewed_while_keys_rotate")])),
    (
        "14 three tabs and a sleeping laptop",
        By(&[
            (REFRESH_CASES, "three_tabs_that_wake_from_a_long_sleep_go_on"),
            (DOMAIN_REFRESH, "a_clock_that_jumps_signs_nobody_out"),
        ]),
    ),
];

#[test]
fn every_case_of_renewing_is_shown() {
    every_line_is_shown(LINES, 14);
}
