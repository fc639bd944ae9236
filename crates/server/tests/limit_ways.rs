//! The known ways around rate limits, each by its name, and the tests that show what becomes of it.

use std::collections::BTreeSet;

/// Each way, and where the tests of it are.
const WAYS: &[(&str, &[(&str, &str)])] = &[
    (
        "X-Forwarded-For forged: alone, chained, repeated, port, brackets, mapped, garbage, 10 KB, empty",
        &[
            (BYPASS, "a_forged_forwarded_for_is_no_other_client"),
            (ADDRESSES, "ports_brackets_and_mapped_addresses_are_understood"),
            (ADDRESSES, "what_cannot_be_believed_leaves_the_peer"),
        ],
    ),
    (
        "Forwarded, X-Real-IP, CF-Connecting-IP, True-Client-IP, X-Client-IP",
        &[(BYPASS, "no_other_header_names_a_client")],
    ),
    (
        "hop count too big or too small",
        &[
            (BYPASS, "a_wrong_number_of_hops_believes_no_client"),
            (ADDRESSES, "the_element_that_our_outermost_proxy_appended_counts"),
        ],
    ),
    // One customer may have a /48, and many customers share one: the accounts' own limit bounds that.
    (
        "/64 rotation, /48 policy",
        &[(BYPASS, "hosts_of_one_network_are_one_and_networks_meet_at_the_account")],
    ),
    // Dots, tags and look-alikes are other accounts: nothing is folded that could sign in as another.
    (
        "mail variants: case, dots, plus, Unicode, trailing space",
        &[(BYPASS, "spellings_that_sign_in_as_one_account_count_as_one")],
    ),
    ("username, mail and id of one account", &[(BYPASS, "an_account_is_named_by_its_address_alone")]),
    ("unknown accounts", &[(BYPASS, "an_account_that_does_not_exist_is_limited_alike")]),
    // From many addresses each has its few tries, and each account no more than its own.
    (
        "spraying one password, from one address and from many",
        &[(BYPASS, "spraying_and_stuffing_meet_the_limit_by_address")],
    ),
    ("stuffing: pairs, one try each", &[(BYPASS, "spraying_and_stuffing_meet_the_limit_by_address")]),
    ("a success resets the address", &[(BYPASS, "a_success_does_not_reset_its_address")]),
    ("a parallel burst", &[(LIMITS, "a_burst_over_all_replicas_admits_no_more_than_the_limit")]),
    ("window edge", &[(TALLY, "no_window_wherever_it_begins_holds_more_than_the_limit")]),
    ("replica hopping", &[(LIMITS, "the_sixth_wrong_password_is_refused_on_every_replica")]),
    ("restart", &[(BYPASS, "a_restart_clears_nothing")]),
    // HTTP/2 is not spoken: there are no streams to send at once.
    ("HTTP/2 multiplexing, pipelining", &[(BYPASS, "requests_sent_at_once_on_one_connection_count_each")]),
    // There is no route that takes several operations, such as GraphQL's.
    ("batches", &[(BYPASS, "a_batch_is_no_login")]),
    (
        "HEAD, OPTIONS, trailing slash, //, case, %2f",
        &[(BYPASS, "other_spellings_of_a_path_are_charged_to_the_same_address")],
    ),
    // A form is not understood, and charged all the same.
    ("JSON and form body", &[(BYPASS, "a_form_is_charged_like_json")]),
    // Second factors, resets by mail and API keys do not exist.
    (
        "change of password, and other places that check one",
        &[
            (BYPASS, "a_change_of_the_password_counts_with_logins"),
            (DEVICES, "a_password_is_changed_under_attack_from_a_known_device_alone"),
        ],
    ),
    ("the limiter's store is down", &[(BYPASS, "without_its_store_the_limiter_admits_nobody")]),
    (
        "victim lockout",
        &[
            (BYPASS, "an_attack_shuts_out_strangers_and_not_the_owner"),
            (
                DEVICES,
                "the_owner_of_an_attacked_account_signs_in_from_a_known_device_and_a_stranger_does_not",
            ),
        ],
    ),
    (
        "memory: ever new keys",
        &[
            (ROWS, "ever_new_addresses_take_bounded_room"),
            (DEVICES, "the_room_for_counts_is_bounded_and_blocks_outlast_a_flood"),
        ],
    ),
    (
        "Retry-After",
        &[
            (TALLY, "the_second_it_names_is_admitted"),
            (DEVICES, "the_second_that_the_accounts_limit_names_is_admitted"),
            (DEVICES, "each_kind_of_request_has_a_limit_of_its_own_within_that_of_all"),
        ],
    ),
];

const BYPASS: &str = include_str!("limit_bypass.rs");
const LIMITS: &str = include_str!("limits.rs");
const ADDRESSES: &str = include_str!("../../http/src/client_address.rs");
const TALLY: &str = include_str!("../../domain/src/rate_limit.rs");
const DEVICES: &str = include_str!("../../domain/tests/domain/auth_devices.rs");
const ROWS: &str = include_str!("../../storage/tests/limit_rows.rs");

#[test]
fn every_way_is_shown_by_tests_that_exist() {
    let mut names = BTreeSet::new();
    for (way, tests) in WAYS {
        assert!(names.insert(way) && !tests.is_empty(), "{way}");
        for (source, test) in *tests {
            assert!(source.contains(&format!("fn {test}(")), "{way}: there is no {test}");
        }
    }
    assert_eq!(names.len(), 23);
}
