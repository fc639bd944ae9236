//! Table `signing_keys`.

use async_trait::async_trait;
use autorisen_domain::clock::Timestamp;
use autorisen_domain::error::PortError;
use autorisen_domain::keys::{KeyId, KeyRevocation, KeyRotation, KeyState, SigningKey, SigningKeyRepository};
use diesel::dsl::{exists, select};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use crate::db::{Abort, Db};
use crate::row::BadRow;
use crate::schema::signing_keys;

/// Signing keys in a table.
pub struct SqlSigningKeys {
    db: Db,
}

impl SqlSigningKeys {
    /// The keys of this database.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = signing_keys)]
struct KeyRow {
    id: String,
    state: String,
    sealed: Vec<u8>,
    created_at: i64,
    changed_at: i64,
}

impl From<&SigningKey> for KeyRow {
    fn from(key: &SigningKey) -> Self {
        Self {
            id: key.id.as_str().to_owned(),
            state: key.state.as_str().to_owned(),
            sealed: key.sealed.clone(),
            created_at: key.created_at.micros(),
            changed_at: key.changed_at.micros(),
        }
    }
}

impl TryFrom<KeyRow> for SigningKey {
    type Error = BadRow;

    fn try_from(row: KeyRow) -> Result<Self, BadRow> {
        Ok(Self {
            id: KeyId::parse(&row.id).ok_or(BadRow("id of a key"))?,
            state: KeyState::parse(&row.state).ok_or(BadRow("state of a key"))?,
            sealed: row.sealed,
            created_at: Timestamp::from_micros(row.created_at),
            changed_at: Timestamp::from_micros(row.changed_at),
        })
    }
}

/// Why a change of keys was undone.
enum Undone {
    /// The keys are not what the change was decided on.
    Overtaken,
    Port(PortError),
}

impl From<PortError> for Undone {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

#[async_trait]
impl SigningKeyRepository for SqlSigningKeys {
    async fn list(&self) -> Result<Vec<SigningKey>, PortError> {
        self.db
            .read("list signing keys", |conn| {
                let rows = signing_keys::table.load::<KeyRow>(conn)?;
                rows.into_iter().map(|row| SigningKey::try_from(row).map_err(Abort::from)).collect()
            })
            .await
    }

    async fn install(&self, current: &SigningKey, next: &SigningKey) -> Result<(), PortError> {
        let (current, next) = (KeyRow::from(current), KeyRow::from(next));
        let installed = self
            .db
            .transact("install signing keys", move |conn| {
                for key in [&current, &next] {
                    match diesel::insert_into(signing_keys::table).values(key).execute(conn) {
                        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
                            return Err(Abort::Refused(Undone::Overtaken));
                        }
                        result => result?,
                    };
                }
                let others = signing_keys::table
                    .filter(signing_keys::id.ne(&current.id))
                    .filter(signing_keys::id.ne(&next.id));
                if select(exists(others)).get_result(conn)? {
                    return Err(Abort::Refused(Undone::Overtaken));
                }
                Ok(())
            })
            .await;
        match installed {
            Ok(()) | Err(Undone::Overtaken) => Ok(()),
            Err(Undone::Port(cause)) => Err(cause),
        }
    }

    async fn replace_sealed(&self, id: &KeyId, sealed: &[u8]) -> Result<(), PortError> {
        let (id, sealed) = (id.as_str().to_owned(), sealed.to_vec());
        self.db
            .write("replace a sealed signing key", move |conn| {
                diesel::update(signing_keys::table.filter(signing_keys::id.eq(&id)))
                    .set(signing_keys::sealed.eq(&sealed))
                    .execute(conn)?;
                Ok(())
            })
            .await
    }

    async fn rotate(&self, rotation: &KeyRotation) -> Result<bool, PortError> {
        let current = rotation.current.as_str().to_owned();
        let announced = KeyRow::from(&rotation.announced);
        let (at, forget_before) = (rotation.at.micros(), rotation.forget_before.micros());
        let rotated = self
            .db
            .transact("rotate signing keys", move |conn| {
                let in_state = |state: KeyState| signing_keys::state.eq(state.as_str());
                let becomes = |state: KeyState| {
                    (signing_keys::state.eq(state.as_str()), signing_keys::changed_at.eq(at))
                };

                let retiring = signing_keys::table.find(&current).filter(in_state(KeyState::Current));
                let retired = diesel::update(retiring).set(becomes(KeyState::Retired)).execute(conn)?;
                if retired == 0 {
                    return Err(Abort::Refused(Undone::Overtaken));
                }
                let next = signing_keys::table.filter(in_state(KeyState::Next));
                let promoted = diesel::update(next).set(becomes(KeyState::Current)).execute(conn)?;
                if promoted == 0 {
                    return Err(Abort::Refused(Undone::Overtaken));
                }
                diesel::insert_into(signing_keys::table).values(&announced).execute(conn)?;
                let forgotten = signing_keys::table
                    .filter(in_state(KeyState::Retired))
                    .filter(signing_keys::changed_at.lt(forget_before));
                diesel::delete(forgotten).execute(conn)?;
                Ok(())
            })
            .await;
        match rotated {
            Ok(()) => Ok(true),
            Err(Undone::Overtaken) => Ok(false),
            Err(Undone::Port(cause)) => Err(cause),
        }
    }

    async fn revoke(&self, revocation: &KeyRevocation) -> Result<bool, PortError> {
        let revoked = revocation.key.as_str().to_owned();
        let announced = KeyRow::from(&revocation.announced);
        let at = revocation.at.micros();
        let done = self
            .db
            .transact("revoke a signing key", move |conn| {
                let in_state =
                    |state: KeyState| signing_keys::table.filter(signing_keys::state.eq(state.as_str()));
                if diesel::delete(signing_keys::table.find(&revoked)).execute(conn)? == 0 {
                    return Err(Abort::Refused(Undone::Overtaken));
                }
                if !select(exists(in_state(KeyState::Current))).get_result::<bool>(conn)? {
                    let becomes =
                        (signing_keys::state.eq(KeyState::Current.as_str()), signing_keys::changed_at.eq(at));
                    if diesel::update(in_state(KeyState::Next)).set(becomes).execute(conn)? == 0 {
                        return Err(Abort::Refused(Undone::Overtaken));
                    }
                }
                if !select(exists(in_state(KeyState::Next))).get_result::<bool>(conn)? {
                    diesel::insert_into(signing_keys::table).values(&announced).execute(conn)?;
                }
                Ok(())
            })
            .await;
        match done {
            Ok(()) => Ok(true),
            Err(Undone::Overtaken) => Ok(false),
            Err(Undone::Port(cause)) => Err(cause),
        }
    }
}
