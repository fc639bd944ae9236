//! Whether the time of a refusal tells how much of a seal was right. Two kinds of forged tokens are
//! shown in random order, wrong in the first byte of the seal and wrong in its last, and Welch's t says
//! whether their times differ: beyond 4.5 they do, by the rule of dudect (Reparaz and others, 2017).
//! Of each kind there are several, and all are shown at the same place of the memory, so that neither the
//! letters of one token nor where it lies makes a difference that is none of the comparison's.
#![expect(clippy::unwrap_used, reason = "a test that fails here fails")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use autorisen_domain::auth::{CsrfTokens as _, OpaqueKind, OpaqueTokens as _, SessionId, UserId};
use autorisen_domain::chat::{ChatClaims, ChatTokens as _, PlacementName, ThreadId};
use autorisen_domain::clock::Timestamp;
use autorisen_security::{ChatTokenSettings, HmacCsrfTokens, JwtChatTokens, MasterKey, SealedOpaqueTokens};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret as _;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
/// Of each kind.
const TRIES: usize = 10_000;
const BAR: f64 = 4.5;

#[test]
fn the_time_of_a_refusal_does_not_tell_where_a_seal_differs() {
    let master = MasterKey::new("a master key for tests, long enough".into(), None);
    let opaque = SealedOpaqueTokens::new(&master);
    let minted = opaque.mint(OpaqueKind::Cookie, &[3; 16]).unwrap().token.expose_secret().to_owned();
    let settings = ChatTokenSettings { signing_key: None, issuer: "i".into(), audience: "a".into() };
    let chat = JwtChatTokens::new(&master, settings);
    let signed = chat
        .sign(&ChatClaims {
            user: UserId::from_bytes([1; 16]),
            session: SessionId::from_bytes([2; 16]),
            thread: ThreadId::from_bytes([3; 16]),
            placement: PlacementName::parse("support").unwrap(),
            issued_at: NOW,
            expires_at: NOW.plus(Duration::from_mins(5)),
        })
        .unwrap();
    let csrf = HmacCsrfTokens::new(&master, Duration::from_hours(1));
    let issued = csrf.issue(NOW).unwrap();

    tells_nothing("opaque", [wrong_bytes(&minted, 32), wrong_bytes(&minted, 47)], |token| {
        assert!(opaque.read(OpaqueKind::Cookie, token).is_none());
    });
    let (message, seal) = signed.expose_secret().rsplit_once('.').unwrap();
    let forged = |byte| wrong_bytes(seal, byte).into_iter().map(|seal| format!("{message}.{seal}")).collect();
    tells_nothing("chat", [forged(0), forged(31)], |token| {
        assert!(chat.verify(token, NOW).is_none());
    });
    let (message, seal) = issued.rsplit_once('.').unwrap();
    let forged = |at: usize| {
        let others = "0123456789abcdef".chars().filter(|&digit| !seal[at..].starts_with(digit));
        others.map(|digit| format!("{message}.{}{digit}{}", &seal[..at], &seal[at + 1..])).collect()
    };
    tells_nothing("CSRF", [forged(0), forged(63)], |token| {
        black_box(csrf.check(token, NOW));
    });
}

#[test]
fn a_comparison_that_stops_early_would_be_noticed() {
    let secret = "7".repeat(1024);
    let (first, last) = (format!("8{}", &secret[1..]), format!("{}8", &secret[1..]));
    let t = t_of([&[first], &[last]], 1, |shown| {
        black_box(shown.bytes().zip(secret.bytes()).all(|(a, b)| black_box(a) == b));
    });
    assert!(t.abs() > BAR, "{t}");
}

/// The text with each bit of one byte changed.
fn wrong_bytes(text: &str, byte: usize) -> Vec<String> {
    let bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
    let changed = (0..8).map(|bit| {
        let mut bytes = bytes.clone();
        bytes[byte] ^= 1 << bit;
        URL_SAFE_NO_PAD.encode(bytes)
    });
    changed.collect()
}

/// A machine that is busy may make one series look different; it does not do so five times.
#[track_caller]
fn tells_nothing(what: &str, [first, last]: [Vec<String>; 2], refuse: impl Fn(&str)) {
    let mut series = Vec::new();
    for seed in 1..=5 {
        series.push(t_of([&first, &last], seed, &refuse));
        if series.iter().any(|t| t.abs() < BAR) {
            break;
        }
    }
    eprintln!("{what}: t = {series:.2?}");
    assert!(series.iter().any(|t| t.abs() < BAR), "{what}: {series:.2?}");
}

/// Welch's t of the times that the tokens of two kinds take. The seed decides their order.
fn t_of(kinds: [&[String]; 2], seed: u64, refuse: impl Fn(&str)) -> f64 {
    let mut times = [Vec::with_capacity(TRIES), Vec::with_capacity(TRIES)];
    // Which comes next is decided by a generator, so that no rhythm of the machine favours one.
    let mut chance = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed);
    let mut shown = String::with_capacity(4096);
    while times.iter().any(|kind| kind.len() < TRIES) {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        let kind = usize::from(chance & 1 == 1);
        let which = (chance >> 32) as usize % kinds[kind].len();
        shown.clear();
        shown.push_str(&kinds[kind][which]);
        let begin = Instant::now();
        refuse(black_box(&shown));
        let took = begin.elapsed();
        times[kind].push(took.as_secs_f64());
    }
    // What interrupted the test says nothing of it.
    let mut all: Vec<f64> = times.concat();
    all.sort_by(f64::total_cmp);
    let longest = all[all.len() * 9 / 10];
    let [one, two] = times.map(|times| moments(times.into_iter().filter(|&time| time <= longest)));
    (one.mean - two.mean) / (one.error + two.error).sqrt()
}

struct Moments {
    mean: f64,
    /// The variance of the mean.
    error: f64,
}

fn moments(times: impl Iterator<Item = f64>) -> Moments {
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for time in times {
        count += 1.0;
        let delta: f64 = time - mean;
        mean += delta / count;
        squares += delta * (time - mean);
    }
    Moments { mean, error: squares / (count - 1.0) / count }
}
