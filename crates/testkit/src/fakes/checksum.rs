//! What stands in for cryptography in fakes: it tells any two inputs apart, and keeps no secret
//! from who wants to know it.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

/// 32 bytes that depend on every part and on where one part ends and the next begins.
pub(super) fn checksum(parts: &[&[u8]]) -> [u8; 32] {
    let mut sum = [0; 32];
    for (lane, place) in sum.chunks_exact_mut(8).enumerate() {
        let mut hasher = DefaultHasher::new();
        (lane, parts).hash(&mut hasher);
        place.copy_from_slice(&hasher.finish().to_be_bytes());
    }
    sum
}

/// A number that nothing else in this test run has, so that no two processes of a deployment make
/// the same token.
pub(super) fn fresh_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// `bytes` as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    })
}

/// The 16 bytes that `text` is in hexadecimal digits.
pub(super) fn id_from_hex(text: &str) -> Option<[u8; 16]> {
    if text.len() != 32 {
        return None;
    }
    u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)
}
