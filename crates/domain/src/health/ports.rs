//! What health needs from outside.

use async_trait::async_trait;

/// Checks one thing that the service cannot do without.
#[async_trait]
pub trait ReadinessCheck: Send + Sync {
    /// What is checked, in one word.
    fn name(&self) -> &'static str;

    /// What is wrong, in words for an operator and without secrets; `None` when all is well.
    /// It answers within seconds, whatever happens.
    async fn fault(&self) -> Option<String>;
}
