//! Whether this process can sign.

use std::sync::Arc;

use async_trait::async_trait;
use autorisen_domain::health::ReadinessCheck;
use autorisen_domain::keys::KeyService;

/// Looks whether signing keys are loaded.
pub(crate) struct KeysCheck {
    keys: Arc<KeyService>,
}

impl KeysCheck {
    /// A check of these keys.
    pub(crate) const fn new(keys: Arc<KeyService>) -> Self {
        Self { keys }
    }
}

#[async_trait]
impl ReadinessCheck for KeysCheck {
    fn name(&self) -> &'static str {
        "keys"
    }

    async fn fault(&self) -> Option<String> {
        let none = self.keys.public_keys().is_empty();
        none.then(|| "no signing keys are loaded; the log says why".to_owned())
    }
}
