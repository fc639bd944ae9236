//! How far something long has come, told to whoever waits for it.

/// Is told how far something has come.
pub trait Progress: Send {
    /// Of `total` of `what`, such as "users", `done` are done. It neither fails nor waits, and may be called as
    /// often as anything is done: what is worth showing is its own choice. Another `what` begins another
    /// count; a `total` of 0 is unknown, and one that is reached is the end of its count.
    fn at(&mut self, what: &str, done: u64, total: u64);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn at(&mut self, _what: &str, _done: u64, _total: u64) {}
}
