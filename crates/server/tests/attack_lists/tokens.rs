//! Attacks on tokens.

use super::Shown::{By, NotHere};
use super::source::*;
use super::{Line, every_line_is_shown};

const LINES: &[Line] = &[
    (
        "1 no algorithm: none, None, nOnE, empty",
        By(&[
            (HOSTILE, "no_algorithm_is_no_signature"),
            (HEADER, "a_key_has_one_algorithm_whatever_the_header_names"),
        ]),
    ),
    ("2 HS256 under our public key", By(&[(HOSTILE, "our_public_key_is_no_secret_for_hmac")])),
    (
        "3 another algorithm than the key's: ES256, EdDSA, RS256",
        By(&[(HEADER, "a_key_has_one_algorithm_whatever_the_header_names")]),
    ),
    (
        "4 signature removed, cut, one bit flipped, bytes appended",
        By(&[
            (HOSTILE, "a_signature_that_is_cut_altered_or_trivial_is_refused"),
            (TOKEN_CONTRACT, "refuses_a_token_that_was_altered_anywhere"),
        ]),
    ),
    // The mirror of a signature is accepted: no token is known by its text, but by its session.
    (
        "5 ECDSA: r = s = 0, and high s",
        By(&[(HEADER, "a_signature_out_of_range_is_refused_and_its_mirror_opens_nothing_more")]),
    ),
    (
        "6 Ed25519: non-canonical S, key of small order",
        NotHere("keys are P-256 alone; EdDSA is refused in line 3"),
    ),
    (
        "7 kid unknown, empty, 10 KB, a path, SQL, another environment's",
        By(&[
            (HOSTILE, "another_kind_or_another_key_is_refused"),
            (HOSTILE, "a_key_that_the_ring_does_not_hold_signs_nothing"),
            (TOKEN_CONTRACT, "refuses_a_token_of_another_deployment"),
        ]),
    ),
    (
        "8 jku, x5u, x5c, jwk in the header",
        By(&[(HEADER, "a_header_has_exactly_its_three_members_also_under_a_good_signature")]),
    ),
    (
        "9 crit with a name that is not known",
        By(&[(HEADER, "a_header_has_exactly_its_three_members_also_under_a_good_signature")]),
    ),
    ("10 b64: false", By(&[(HEADER, "a_header_has_exactly_its_three_members_also_under_a_good_signature")])),
    // ID tokens, tokens of mails and API keys do not exist.
    (
        "11 a token of another kind, all pairs",
        By(&[
            (TOKEN_KINDS, "no_token_passes_as_another_at_any_place"),
            (DOMAIN_SESSIONS, "no_token_passes_as_another"),
            (CHAT_ISOLATION, "only_a_chat_token_or_a_live_session_speaks"),
        ]),
    ),
    (
        "12 typ missing, in another case, application/at+jwt",
        By(&[(HEADER, "the_kind_is_stated_in_one_spelling")]),
    ),
    // An array is refused, also one with the right text: our tokens name one audience, as a text.
    (
        "13 aud missing, a text or an array, prefix, suffix, a good one and a bad one",
        By(&[(CLAIMS, "an_audience_is_one_text_and_compared_whole")]),
    ),
    (
        "14 iss with a slash, in another case, of another environment",
        By(&[
            (CLAIMS, "an_issuer_is_compared_whole_so_another_environment_is_another"),
            (KEYS, "a_token_of_another_environment_is_refused"),
        ]),
    ),
    (
        "15 exp missing, 0, negative, a fraction, a text, 1e308, null, far away",
        By(&[(CLAIMS, "an_end_is_a_whole_number_in_a_day_of_the_beginning")]),
    ),
    (
        "16 nbf in the future, iat beyond the skew",
        By(&[(CLAIMS, "times_have_a_leeway_of_a_minute_at_the_beginning_and_none_at_the_end")]),
    ),
    // There is leeway for the beginning alone; an end is an end.
    (
        "17 skew: the leeway accepted, a second more refused",
        By(&[(CLAIMS, "times_have_a_leeway_of_a_minute_at_the_beginning_and_none_at_the_end")]),
    ),
    ("18 a member twice", By(&[(CLAIMS, "a_member_is_there_once_however_it_is_written")])),
    (
        "19 base64url that is not canonical: padding, + and /, trailing bits, white space",
        By(&[(TEXT, "a_token_has_one_spelling")]),
    ),
    (
        "20 byte order mark, UTF-16, lone surrogates, escaped names",
        By(&[(TEXT, "only_utf_8_is_read"), (CLAIMS, "a_member_is_there_once_however_it_is_written")]),
    ),
    (
        "21 JSON serialisation, several signatures",
        By(&[(TEXT, "other_forms_of_signed_and_sealed_texts_are_refused")]),
    ),
    ("22 JWE, nested, zip", By(&[(TEXT, "other_forms_of_signed_and_sealed_texts_are_refused")])),
    (
        "23 size: 8 KB refused before it is read, a head of 1 MB is 431",
        By(&[
            (TEXT, "a_text_of_more_than_four_kilobytes_is_refused_before_it_is_read"),
            (TOKEN_KINDS, "a_token_of_a_megabyte_is_refused_as_a_head_that_is_too_long"),
        ]),
    ),
    ("24 nesting of 10,000", By(&[(TEXT, "nesting_overflows_nothing")])),
    (
        "25 a retired key in its time and after it; a compromised one at once",
        By(&[
            (DOMAIN_KEYS, "a_retired_key_verifies_until_all_it_signed_is_over_and_is_then_forgotten"),
            (
                DOMAIN_KEYS,
                "a_revoked_key_verifies_nothing_more_here_at_once_and_elsewhere_when_keys_are_loaded",
            ),
            (KEYS, "a_key_that_is_revoked_opens_nothing_on_any_replica"),
        ]),
    ),
    (
        "26 from before a change of password or role, or a ban",
        By(&[
            (DOMAIN_SESSIONS, "every_change_of_the_account_counts_at_the_next_request_wherever"),
            (PASSWORD_FLOW, "a_change_ends_every_other_session_and_answers_a_new_one"),
            (REPLICAS, "what_has_ended_opens_nothing_on_any_replica"),
        ]),
    ),
    (
        "27 sub of an account that was deleted and made again",
        By(&[
            (DOMAIN_SESSIONS, "the_tokens_of_a_deleted_account_are_not_those_of_its_successor"),
            (REFRESH_CASES, "what_is_revoked_disabled_or_deleted_is_not_renewed"),
        ]),
    ),
    ("28 in the query", By(&[(TOKEN_KINDS, "a_token_counts_in_one_place_alone")])),
    // A header and a cookie of two sessions of one account are two tabs, and the header counts.
    (
        "29 two Authorization headers; a header and a cookie that disagree",
        By(&[
            (TOKEN_KINDS, "a_token_counts_in_one_place_alone"),
            (DOMAIN_SESSIONS, "a_bearer_and_a_cookie_of_two_accounts_are_refused"),
        ]),
    ),
    (
        "30 comparisons take the same time",
        By(&[
            (CONSTANT_TIME, "the_time_of_a_refusal_does_not_tell_where_a_seal_differs"),
            (DIGEST, "a_digest_equals_only_itself_and_does_not_print"),
        ]),
    ),
    (
        "31 the signing key of staging in production",
        By(&[
            (KEYS, "a_token_of_another_environment_is_refused"),
            (DOMAIN_KEYS, "keys_of_another_secret_stop_the_start_and_are_named"),
        ]),
    ),
    // The checks try some ten thousand; a fuzzer, as many as it is given time for.
    (
        "32 fuzzing: mutated texts, no panic and none accepted",
        By(&[
            (MUTATED, "no_mutated_token_is_accepted_and_none_makes_it_panic"),
            (FUZZ, "every_seed_and_each_of_its_neighbours_holds"),
        ]),
    ),
];

#[test]
fn every_attack_on_tokens_is_shown() {
    every_line_is_shown(LINES, 32);
    // The forge that most of them use makes good tokens too.
    assert!(FORGE.contains("fn a_good_token_of_this_forge_passes_so_that_the_other_tests_mean_something("));
    assert!(ACCESS.contains("fn a_remembered_token_still_expires("));
}
