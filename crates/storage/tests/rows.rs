//! Stored values that no version of this program wrote: an error that says where to look, never a
//! panic, and never the value.

mod support;

use std::time::Duration;

use autorisen_domain::auth::AddressPrefix;
use autorisen_domain::rate_limit::LimitPolicy;
use autorisen_testkit::fixtures::{NOW, fresh_digest, pending};
use support::notes::cause;
use support::{OwnStores, Place};

#[tokio::test]
async fn a_bad_account_or_session_is_an_error_without_the_value() {
    for place in Place::both() {
        let stores = OwnStores::new(place);
        let user = stores.add_user("ada@example.org").await;
        let session = stores.add_session(&user).await;
        for (change, what) in [
            ("UPDATE users SET first_name = 'a\nb'", "first name"),
            ("UPDATE users SET first_name = 'Ada', company_name = 'a\nb'", "company name"),
            ("UPDATE users SET company_name = '', email = 'no-address'", "address of an account"),
        ] {
            stores.place().execute(change);
            let error = stores.directory.list(&AddressPrefix::default(), None, 10).await.unwrap_err();
            assert_eq!(cause(&error), format!("a stored {what} is invalid"));
            let error = stores.sessions.find(session.id).await.unwrap_err();
            assert_eq!(cause(&error), format!("a stored {what} is invalid"));
        }

        stores.place().execute("UPDATE users SET email = 'ada@example.org'");
        assert!(stores.sessions.find(session.id).await.unwrap().is_some(), "all is well again");
        stores.place().execute("UPDATE sessions SET client_ip = 'somewhere'");
        let error = stores.sessions.find(session.id).await.unwrap_err();
        assert_eq!(cause(&error), "a stored address of a client is invalid");
        assert!(!format!("{error:?}").contains("somewhere"));
    }
}

#[tokio::test]
async fn a_bad_registration_key_or_thread_is_an_error() {
    for place in Place::both() {
        let stores = OwnStores::new(place);
        let pending = pending("ada@example.org");
        stores.pending.add(&pending).await.unwrap();
        stores.place().execute("UPDATE registrations SET email = 'x'");
        let error = stores.pending.find(pending.id).await.unwrap_err();
        assert_eq!(cause(&error), "a stored address of a registration is invalid");

        stores.place().execute(
            "INSERT INTO signing_keys (id, state, sealed, created_at, changed_at) \
             SELECT 'not a key id', 'current', token_digest, 0, 0 FROM registrations",
        );
        let error = stores.keys.list().await.unwrap_err();
        assert_eq!(cause(&error), "a stored id of a key is invalid");
    }
}

#[tokio::test]
async fn a_tally_longer_than_any_limit_is_an_error() {
    let policy = LimitPolicy { attempts: 1, window: Duration::from_mins(1), block: Duration::ZERO };
    for place in Place::both() {
        let stores = OwnStores::new(place);
        let key = fresh_digest();
        stores.limiter.charge(key, policy, NOW).await.unwrap();
        stores.place().execute(match stores.place() {
            Place::Sqlite(_) => "UPDATE rate_limits SET tries = zeroblob(80008)",
            Place::Postgres(_) | Place::Pooled(_) => {
                "UPDATE rate_limits SET tries = decode(repeat('00', 80008), 'hex')"
            }
        });
        let error = stores.limiter.charge(key, policy, NOW).await.unwrap_err();
        assert_eq!(cause(&error), "a stored tally of a limit is invalid");
    }
}
