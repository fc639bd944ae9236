//! What every [`Digests`](autorisen_domain::digest::Digests) keeps.

use std::collections::HashSet;

use crate::contracts::Deployment;

/// Makes a test of every promise of the port over what the function `$deployment` gives.
#[macro_export]
macro_rules! digests_contract {
    ($deployment:path) => {
        $crate::deployment_tests! {
            $deployment, digests:
            the_same_bytes_for_the_same_purpose_give_the_same_digest,
            other_bytes_or_another_purpose_give_another_digest,
            another_deployment_gives_another_digest,
        }
    };
}

pub fn the_same_bytes_for_the_same_purpose_give_the_same_digest(make: fn() -> Deployment) {
    let digests = make().digests;
    for bytes in [b"".as_slice(), b"x", &[0xFF; 1_000]] {
        assert_eq!(digests.digest("test.one", bytes), digests.digest("test.one", bytes));
    }
}

pub fn other_bytes_or_another_purpose_give_another_digest(make: fn() -> Deployment) {
    let digests = make().digests;
    let mut seen = HashSet::new();
    // Joined end to end, many of these would be the same.
    for purpose in ["test", "test.", "test.a", "test.ab", "tes"] {
        for bytes in [b"".as_slice(), b"\0", b"a", b"b", b"ab", b"t", b".a", b".ab", b"\0a"] {
            let digest = digests.digest(purpose, bytes);
            assert!(seen.insert(*digest.as_bytes()), "{purpose:?} with {bytes:?} is not new");
        }
    }
}

pub fn another_deployment_gives_another_digest(make: fn() -> Deployment) {
    let (ours, theirs) = (make().digests, make().digests);
    assert_ne!(ours.digest("test", b"x"), theirs.digest("test", b"x"));
}
