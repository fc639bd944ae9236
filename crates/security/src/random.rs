//! Unpredictable bytes from the operating system.

use autorisen_domain::error::PortError;
use autorisen_domain::id::Random;
use ring::rand::SecureRandom;

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        ring::rand::SystemRandom::new()
            .fill(bytes)
            .map_err(|_| PortError::new("draw random bytes", "the system's generator failed"))
    }
}

/// An array of unpredictable bytes.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], PortError> {
    let mut bytes = [0; N];
    SystemRandom.fill(&mut bytes)?;
    Ok(bytes)
}
