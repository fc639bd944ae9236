//! Onboarding: what a new user has still to do to get going.

mod error;
mod model;
mod ports;
mod service;

pub use error::ChangeTaskError;
pub use model::{Checklist, InvalidText, Task, TaskChange, TaskId, TaskLabel, ThreadName, TooManyTasks};
pub use ports::ChecklistRepository;
pub use service::OnboardingService;
