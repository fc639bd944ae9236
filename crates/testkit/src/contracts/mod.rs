//! What every implementation of a port keeps, as functions over the port: one for each promise of
//! its documentation.
//!
//! A port with storage behind it needs others to say anything: no session without an account. So
//! these contracts are functions over [`Stores`], and an implementation offers one async function
//! that makes them, empty, for one test:
//!
//! ```text
//! mod sqlite {
//!     autorisen_testkit::repository_contracts!(super::sqlite_stores);
//! }
//! ```
//!
//! The function may give anything that derefs to [`Stores`] and cleans up when it is dropped. The
//! ports of `security` are checked over [`Deployment`], in the same way.
#![expect(missing_docs, reason = "the name of a contract is its sentence")]

mod deployment;
mod stores;
mod texts;

pub mod access_tokens;
pub mod account_directory;
pub mod analytics;
pub mod attachments;
pub mod audit_trail;
pub mod bot_check;
pub mod chat_tokens;
pub mod checklists;
pub mod csrf_tokens;
pub mod digests;
pub mod hosted_sessions;
pub mod item_repository;
pub mod opaque_tokens;
pub mod password_hasher;
pub mod password_repository;
pub mod pending_registrations;
pub mod rate_limiter;
pub mod session_directory;
pub mod session_keeping;
pub mod session_repository;
pub mod session_rotation;
pub mod signing_keys;
pub mod thread_directory;
pub mod thread_repository;
pub mod token_keys;
pub mod usage_ledger;
pub mod user_repository;

use std::future::Future;
use std::ops::Deref;
use std::time::Duration;

pub use bot_check::BotCheckSubject;
pub use deployment::Deployment;
pub use stores::Stores;

/// How often a promise about calls at the same moment is tried.
const ROUNDS: usize = 10;

/// How many calls are made at the same moment.
const CALLERS: usize = 8;

/// Runs one test on threads enough for a race. A test that hangs fails.
pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime starts");
    runtime.block_on(async {
        tokio::time::timeout(Duration::from_mins(2), test).await.expect("the test ends within two minutes");
    });
}

/// Makes a test of each named promise of one contract, over what `$make` makes for it.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_tests {
    ($make:path, $contract:ident: $($promise:ident),+ $(,)?) => {
        $(
            #[test]
            fn $promise() {
                $crate::contracts::run(async {
                    let made = $make().await;
                    $crate::contracts::$contract::$promise(&made).await;
                });
            }
        )+
    };
}

/// Has each named promise of one contract kept, one after the other, over what `$make` makes for it.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_calls {
    ($make:path, $contract:ident: $($promise:ident),+ $(,)?) => {
        $(
            {
                let made = $make().await;
                Box::pin($crate::contracts::$contract::$promise(&made)).await;
            }
        )+
    };
}

/// Has every promise of every port with storage behind it kept, one after the other, each over the
/// empty stores that `stores` gives: for who looks at what an adapter does meanwhile.
pub async fn keep_all_of_repositories<S: Deref<Target = Stores>>(stores: impl AsyncFn() -> S) {
    crate::user_repository_contract!(stores, contract_calls);
    crate::account_directory_contract!(stores, contract_calls);
    crate::password_repository_contract!(stores, contract_calls);
    crate::pending_registrations_contract!(stores, contract_calls);
    crate::session_repository_contract!(stores, contract_calls);
    crate::session_directory_contract!(stores, contract_calls);
    crate::session_keeping_contract!(stores, contract_calls);
    crate::session_rotation_contract!(stores, contract_calls);
    crate::rate_limiter_contract!(stores, contract_calls);
    crate::signing_keys_contract!(stores, contract_calls);
    crate::thread_repository_contract!(stores, contract_calls);
    crate::thread_directory_contract!(stores, contract_calls);
    crate::item_repository_contract!(stores, contract_calls);
    crate::attachments_contract!(stores, contract_calls);
    crate::audit_trail_contract!(stores, contract_calls);
    crate::hosted_sessions_contract!(stores, contract_calls);
    crate::checklists_contract!(stores, contract_calls);
    crate::analytics_contract!(stores, contract_calls);
    crate::usage_ledger_contract!(stores, contract_calls);
}

/// Makes a test of every promise of every port with storage behind it. `$stores` is an async
/// function that gives [`Stores`], or what derefs to them.
#[macro_export]
macro_rules! repository_contracts {
    ($stores:path) => {
        async fn contract_stores() -> impl std::ops::Deref<Target = $crate::contracts::Stores> {
            $stores().await
        }

        mod user_repository {
            $crate::user_repository_contract!(super::contract_stores);
        }
        mod account_directory {
            $crate::account_directory_contract!(super::contract_stores);
        }
        mod password_repository {
            $crate::password_repository_contract!(super::contract_stores);
        }
        mod pending_registrations {
            $crate::pending_registrations_contract!(super::contract_stores);
        }
        mod session_repository {
            $crate::session_repository_contract!(super::contract_stores);
        }
        mod session_directory {
            $crate::session_directory_contract!(super::contract_stores);
        }
        mod session_keeping {
            $crate::session_keeping_contract!(super::contract_stores);
        }
        mod session_rotation {
            $crate::session_rotation_contract!(super::contract_stores);
        }
        mod rate_limiter {
            $crate::rate_limiter_contract!(super::contract_stores);
        }
        mod signing_keys {
            $crate::signing_keys_contract!(super::contract_stores);
        }
        mod thread_repository {
            $crate::thread_repository_contract!(super::contract_stores);
        }
        mod thread_directory {
            $crate::thread_directory_contract!(super::contract_stores);
        }
        mod item_repository {
            $crate::item_repository_contract!(super::contract_stores);
        }
        mod attachments {
            $crate::attachments_contract!(super::contract_stores);
        }
        mod audit_trail {
            $crate::audit_trail_contract!(super::contract_stores);
        }
        mod hosted_sessions {
            $crate::hosted_sessions_contract!(super::contract_stores);
        }
        mod checklists {
            $crate::checklists_contract!(super::contract_stores);
        }
        mod analytics {
            $crate::analytics_contract!(super::contract_stores);
        }
        mod usage_ledger {
            $crate::usage_ledger_contract!(super::contract_stores);
        }
    };
}

/// Makes a test of each named promise of one contract, over the deployments that `$make` gives.
#[doc(hidden)]
#[macro_export]
macro_rules! deployment_tests {
    ($make:path, $contract:ident: $($promise:ident),+ $(,)?) => {
        $(
            #[test]
            fn $promise() {
                $crate::contracts::$contract::$promise($make);
            }
        )+
    };
}

/// Makes a test of every promise of every port that `security` implements, but for the hasher.
/// `$deployment` is a function that gives a [`Deployment`], with
/// other secrets each time.
#[macro_export]
macro_rules! security_contracts {
    ($deployment:path) => {
        fn contract_deployment() -> $crate::contracts::Deployment {
            $deployment()
        }

        mod opaque_tokens {
            $crate::opaque_tokens_contract!(super::contract_deployment);
        }
        mod access_tokens {
            $crate::access_tokens_contract!(super::contract_deployment);
        }
        mod chat_tokens {
            $crate::chat_tokens_contract!(super::contract_deployment);
        }
        mod csrf_tokens {
            $crate::csrf_tokens_contract!(super::contract_deployment);
        }
        mod digests {
            $crate::digests_contract!(super::contract_deployment);
        }
        mod token_keys {
            $crate::token_keys_contract!(super::contract_deployment);
        }
    };
}
