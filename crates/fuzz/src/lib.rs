//! Every parser of untrusted bytes, each as a function that a fuzzer calls with bytes of its choice, and
//! that checks what must hold of the outcome, beside that nothing panics.
//!
//! `cargo xtask fuzz` lets libFuzzer find its way through them by what it covers. The tests of this
//! crate call each with its seeds and with bytes that are a little different.
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "what fails here is found")]

mod http;
mod text;
mod tokens;

/// A parser, and what must hold of it.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Calls it, and panics where something does not hold.
    pub check: fn(&[u8]),
    /// Input that gets somewhere, to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "access_token", check: tokens::access, seeds: tokens::access_seeds },
    Target { name: "chat_token", check: tokens::chat, seeds: tokens::chat_seeds },
    Target { name: "signed_claims", check: tokens::signed_claims, seeds: tokens::signed_claims_seeds },
    Target { name: "opaque_token", check: tokens::opaque, seeds: tokens::opaque_seeds },
    Target { name: "csrf_token", check: tokens::csrf, seeds: tokens::csrf_seeds },
    Target { name: "cookie", check: http::cookie, seeds: http::cookie_seeds },
    Target { name: "form", check: http::form, seeds: http::form_seeds },
    Target { name: "tracked", check: http::tracked, seeds: http::tracked_seeds },
    Target { name: "forwarded", check: http::forwarded, seeds: http::forwarded_seeds },
    Target { name: "upload", check: http::upload, seeds: http::upload_seeds },
    Target { name: "email", check: text::email, seeds: text::email_seeds },
    Target { name: "chatkit_request", check: text::chatkit_request, seeds: text::chatkit_request_seeds },
];

/// The target of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Texts as the bytes they are sent in.
fn bytes(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_and_each_of_its_neighbours_holds() {
        for target in TARGETS {
            let seeds = (target.seeds)();
            assert!(!seeds.is_empty(), "{}", target.name);
            (target.check)(b"");
            for seed in seeds {
                (target.check)(&seed);
                for at in 0..seed.len().min(400) {
                    (target.check)(&seed[..at]);
                    for change in [1, 0x20, 0x80] {
                        let mut other = seed.clone();
                        other[at] ^= change;
                        (target.check)(&other);
                    }
                }
            }
        }
    }
}
