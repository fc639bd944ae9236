//! What every [`OpaqueTokens`] keeps.

use std::collections::HashSet;

use autorisen_domain::auth::{Minted, OpaqueKind, OpaqueRead, OpaqueTokens};
use secrecy::{ExposeSecret, SecretString};

use crate::contracts::Deployment;
use crate::contracts::texts::{alterations_of, texts_that_are_no_tokens};
use crate::fixtures::fresh_bytes;

/// Makes a test of every promise of the port over what the function `$deployment` gives.
#[macro_export]
macro_rules! opaque_tokens_contract {
    ($deployment:path) => {
        $crate::deployment_tests! {
            $deployment, opaque_tokens:
            reads_what_it_made,
            no_two_tokens_are_the_same,
            a_token_of_one_kind_is_none_of_another,
            refuses_a_token_that_was_altered_anywhere,
            refuses_what_is_no_token,
            refuses_a_token_of_another_deployment,
            a_successor_opens_with_its_parent,
            a_successor_opens_with_nothing_but_its_parent,
            a_sealed_successor_that_was_altered_does_not_open,
            a_sealed_successor_does_not_show_the_token,
        }
    };
}

const KINDS: [OpaqueKind; 3] = [OpaqueKind::Refresh, OpaqueKind::Cookie, OpaqueKind::Registration];

pub fn reads_what_it_made(make: fn() -> Deployment) {
    let opaque = make().opaque;
    for kind in KINDS {
        for names in [fresh_bytes(), [0; 16], [0xFF; 16]] {
            let minted = opaque.mint(kind, &names).unwrap();
            let expected = OpaqueRead { names, digest: minted.digest };
            assert_eq!(opaque.read(kind, text(&minted)), Some(expected), "{kind:?}");
        }
    }
}

pub fn no_two_tokens_are_the_same(make: fn() -> Deployment) {
    let opaque = make().opaque;
    let (mut texts, mut digests) = (HashSet::new(), HashSet::new());
    for _ in 0..1_000 {
        let minted = opaque.mint(OpaqueKind::Refresh, &[7; 16]).unwrap();
        assert!(digests.insert(*minted.digest.as_bytes()), "a digest comes twice");
        assert!(texts.insert(text(&minted).to_owned()), "a token comes twice");
    }
}

pub fn a_token_of_one_kind_is_none_of_another(make: fn() -> Deployment) {
    let opaque = make().opaque;
    for made in KINDS {
        let minted = opaque.mint(made, &fresh_bytes()).unwrap();
        for read in KINDS.into_iter().filter(|&kind| kind != made) {
            assert_eq!(opaque.read(read, text(&minted)), None, "{made:?} passes as {read:?}");
        }
    }
}

pub fn refuses_a_token_that_was_altered_anywhere(make: fn() -> Deployment) {
    let opaque = make().opaque;
    for kind in KINDS {
        let minted = opaque.mint(kind, &fresh_bytes()).unwrap();
        for altered in alterations_of(text(&minted)) {
            assert_eq!(opaque.read(kind, &altered), None, "{kind:?}: {altered} of {}", text(&minted));
        }
    }
}

pub fn refuses_what_is_no_token(make: fn() -> Deployment) {
    let opaque = make().opaque;
    for text in texts_that_are_no_tokens() {
        for kind in KINDS {
            assert_eq!(opaque.read(kind, &text), None, "{kind:?}: {text:?}");
        }
    }
}

pub fn refuses_a_token_of_another_deployment(make: fn() -> Deployment) {
    let (ours, theirs) = (make().opaque, make().opaque);
    for kind in KINDS {
        let minted = theirs.mint(kind, &fresh_bytes()).unwrap();
        assert_eq!(ours.read(kind, text(&minted)), None, "{kind:?}");
    }
}

pub fn a_successor_opens_with_its_parent(make: fn() -> Deployment) {
    let opaque = make().opaque;
    let (parent, successor) = pair(&*opaque);
    let sealed = opaque.seal_successor(text(&parent), &successor.token);
    assert_eq!(exposed(opaque.open_successor(text(&parent), &sealed)).as_deref(), Some(text(&successor)));
}

pub fn a_successor_opens_with_nothing_but_its_parent(make: fn() -> Deployment) {
    let (ours, theirs) = (make().opaque, make().opaque);
    let (parent, successor) = pair(&*ours);
    let sealed = ours.seal_successor(text(&parent), &successor.token);
    let (other, _) = pair(&*ours);
    for (what, key) in [("another token", &other), ("the successor itself", &successor)] {
        assert_eq!(exposed(ours.open_successor(text(key), &sealed)), None, "{what} opens it");
    }
    for text in texts_that_are_no_tokens() {
        assert_eq!(exposed(ours.open_successor(&text, &sealed)), None, "{text:?} opens it");
    }
    assert_eq!(exposed(theirs.open_successor(text(&parent), &sealed)), None, "another deployment opens it");
}

pub fn a_sealed_successor_that_was_altered_does_not_open(make: fn() -> Deployment) {
    let opaque = make().opaque;
    let (parent, successor) = pair(&*opaque);
    let sealed = opaque.seal_successor(text(&parent), &successor.token);
    for at in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        assert_eq!(exposed(opaque.open_successor(text(&parent), &altered)), None, "byte {at} altered");
        assert_eq!(exposed(opaque.open_successor(text(&parent), &sealed[..at])), None, "cut to {at} bytes");
    }
    let longer = [sealed.as_slice(), &[0]].concat();
    assert_eq!(exposed(opaque.open_successor(text(&parent), &longer)), None, "a byte longer");
}

pub fn a_sealed_successor_does_not_show_the_token(make: fn() -> Deployment) {
    let opaque = make().opaque;
    let (parent, successor) = pair(&*opaque);
    let sealed = opaque.seal_successor(text(&parent), &successor.token);
    for secret in [text(&successor), text(&parent)] {
        // A quarter of a token in the clear would be found by this.
        for part in secret.as_bytes().chunks(secret.len() / 8) {
            let shown = part.len() >= 4 && sealed.windows(part.len()).any(|window| window == part);
            assert!(!shown, "it shows a part of a token");
        }
    }
}

fn pair(opaque: &dyn OpaqueTokens) -> (Minted, Minted) {
    let session = fresh_bytes();
    let mint = || opaque.mint(OpaqueKind::Refresh, &session).unwrap();
    (mint(), mint())
}

fn text(minted: &Minted) -> &str {
    minted.token.expose_secret()
}

fn exposed(token: Option<SecretString>) -> Option<String> {
    token.map(|token| token.expose_secret().to_owned())
}
