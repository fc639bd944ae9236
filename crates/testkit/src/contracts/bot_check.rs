//! What every [`BotCheck`] keeps.

use std::time::{Duration, Instant};

use autorisen_domain::auth::{BotCheck, BotVerdict};

use crate::fixtures::context;

/// A check, and what it makes of some proofs.
pub struct BotCheckSubject {
    /// A check that can be asked.
    pub check: Box<dyn BotCheck>,
    /// Makes a proof that is good, another one each time.
    pub good: fn() -> String,
    /// A proof that is no good.
    pub bad: String,
    /// The same kind of check, when nobody answers it.
    pub unreachable: Box<dyn BotCheck>,
}

/// Makes a test of every promise of the port over what the async function `$subject` gives.
#[macro_export]
macro_rules! bot_check_contract {
    ($subject:path) => {
        $crate::contract_tests! {
            $subject, bot_check:
            a_good_proof_is_a_persons,
            a_proof_is_good_once,
            a_bad_proof_is_refused,
            nobody_passes_for_want_of_an_answer,
        }
    };
}

pub async fn a_good_proof_is_a_persons(subject: &BotCheckSubject) {
    for _ in 0..3 {
        assert_eq!(judge(subject, &(subject.good)()).await, BotVerdict::Person);
    }
}

pub async fn a_proof_is_good_once(subject: &BotCheckSubject) {
    let proof = (subject.good)();
    assert_eq!(judge(subject, &proof).await, BotVerdict::Person);
    assert_eq!(judge(subject, &proof).await, BotVerdict::Refused);
}

pub async fn a_bad_proof_is_refused(subject: &BotCheckSubject) {
    for proof in [&*subject.bad, "", "&secret=another&response=x", "ünï\u{0}cødé"] {
        assert_eq!(judge(subject, proof).await, BotVerdict::Refused, "{proof:?}");
    }
}

pub async fn nobody_passes_for_want_of_an_answer(subject: &BotCheckSubject) {
    let begun = Instant::now();
    for proof in [(subject.good)(), subject.bad.clone()] {
        let judged = subject.unreachable.judge(&proof, context().client).await;
        let error = judged.expect_err("there is no answer");
        assert!(!error.retry_after().is_zero(), "it says when to try again");
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "it does not wait for ever");
}

async fn judge(subject: &BotCheckSubject, proof: &str) -> BotVerdict {
    subject.check.judge(proof, context().client).await.unwrap()
}
