//! No contract is written and then forgotten: each is on the list of its file's macro.

const CONTRACTS: [(&str, &str); 27] = [
    ("access_tokens", include_str!("../src/contracts/access_tokens.rs")),
    ("account_directory", include_str!("../src/contracts/account_directory.rs")),
    ("analytics", include_str!("../src/contracts/analytics.rs")),
    ("attachments", include_str!("../src/contracts/attachments.rs")),
    ("audit_trail", include_str!("../src/contracts/audit_trail.rs")),
    ("bot_check", include_str!("../src/contracts/bot_check.rs")),
    ("chat_tokens", include_str!("../src/contracts/chat_tokens.rs")),
    ("checklists", include_str!("../src/contracts/checklists.rs")),
    ("csrf_tokens", include_str!("../src/contracts/csrf_tokens.rs")),
    ("digests", include_str!("../src/contracts/digests.rs")),
    ("hosted_sessions", include_str!("../src/contracts/hosted_sessions.rs")),
    ("item_repository", include_str!("../src/contracts/item_repository.rs")),
    ("opaque_tokens", include_str!("../src/contracts/opaque_tokens.rs")),
    ("password_hasher", include_str!("../src/contracts/password_hasher.rs")),
    ("password_repository", include_str!("../src/contracts/password_repository.rs")),
    ("pending_registrations", include_str!("../src/contracts/pending_registrations.rs")),
    ("rate_limiter", include_str!("../src/contracts/rate_limiter.rs")),
    ("session_directory", include_str!("../src/contracts/session_directory.rs")),
    ("session_keeping", include_str!("../src/contracts/session_keeping.rs")),
    ("session_repository", include_str!("../src/contracts/session_repository.rs")),
    ("session_rotation", include_str!("../src/contracts/session_rotation.rs")),
    ("signing_keys", include_str!("../src/contracts/signing_keys.rs")),
    ("thread_directory", include_str!("../src/contracts/thread_directory.rs")),
    ("thread_repository", include_str!("../src/contracts/thread_repository.rs")),
    ("token_keys", include_str!("../src/contracts/token_keys.rs")),
    ("usage_ledger", include_str!("../src/contracts/usage_ledger.rs")),
    ("user_repository", include_str!("../src/contracts/user_repository.rs")),
];

#[test]
fn every_contract_is_on_the_list_of_its_macro() {
    for (name, source) in CONTRACTS {
        let written: Vec<&str> = source
            .lines()
            .filter_map(|line| line.strip_prefix("pub async fn ").or_else(|| line.strip_prefix("pub fn ")))
            .filter_map(|rest| rest.split_once('(').map(|(promise, _)| promise))
            .collect();
        assert!(written.len() >= 3, "{name} has contracts");
        for promise in written {
            let listed = source.lines().any(|line| line.trim().strip_suffix(',') == Some(promise));
            assert!(listed, "{name}: {promise} is on no list");
        }
    }
}

#[test]
fn every_file_of_contracts_is_part_of_a_whole() {
    let whole = include_str!("../src/contracts/mod.rs");
    // These two are the only ones of their kind, and run by themselves.
    let alone = ["bot_check", "password_hasher"];
    for (name, _) in CONTRACTS.into_iter().filter(|(name, _)| !alone.contains(name)) {
        assert!(whole.contains(&format!("{name}_contract!")), "{name} is run by no macro for all");
    }
    for line in whole.lines().filter(|line| line.contains("_contract!(super::contract_stores)")) {
        let contract = line.trim().trim_start_matches("$crate::").split('!').next().unwrap_or_default();
        assert!(
            whole.contains(&format!("{contract}!(stores, contract_calls)")),
            "{contract} is not among all"
        );
    }
    let files = whole.lines().filter(|line| line.starts_with("pub mod ")).count();
    assert_eq!(files, CONTRACTS.len(), "a file of contracts is not checked here");
}
