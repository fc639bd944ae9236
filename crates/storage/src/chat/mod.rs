//! Threads in tables.

mod threads;

pub use threads::SqlThreads;
