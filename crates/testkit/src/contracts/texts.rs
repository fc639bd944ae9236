//! Texts that are no tokens.

/// Texts that no deployment ever made: what a stranger, a broken client or a fuzzer sends.
pub(super) fn texts_that_are_no_tokens() -> Vec<String> {
    // The first three are JWTs: unsigned, with `alg` `none` and an empty set of claims, with
    // `alg` `None` and a signature of zeros, and with a header that is cut off.
    let mut texts: Vec<String> = [
        "eyJhbGciOiJub25lIn0.e30.",
        "eyJhbGciOiJOb25lIn0.e30.AAAA",
        "eyJhbGciOiJFUzI1N.e30.AAAA",
        "",
        " ",
        ".",
        "..",
        "...",
        "....",
        "\0",
        "null",
        "{}",
        "Bearer x",
        "a.b.c",
        "ä.ö.ü",
        "\u{FEFF}",
        "%2e%2e",
        "==",
        "-",
        "_",
    ]
    .map(str::to_owned)
    .to_vec();
    for length in [1, 15, 16, 31, 32, 33, 63, 64, 65, 1_000, 100_000] {
        texts.push("A".repeat(length));
        texts.push(".".repeat(length));
        texts.push("é".repeat(length));
    }
    texts
}

/// Every text that differs from `token` in one place: a character replaced by one of several
/// others, left out or doubled, or something put before or behind it.
pub(super) fn alterations_of(token: &str) -> Vec<String> {
    let mut altered =
        vec![format!(" {token}"), format!("{token} "), format!("{token}="), format!("{token}.")];
    for (at, character) in token.char_indices() {
        let (before, rest) = token.split_at(at);
        let after = &rest[character.len_utf8()..];
        altered.push(format!("{before}{after}"));
        for other in ['A', 'B', 'g', '0', '.'] {
            altered.push(format!("{before}{other}{after}"));
            altered.push(format!("{before}{character}{other}{after}"));
        }
    }
    altered.retain(|text| text != token);
    altered
}
