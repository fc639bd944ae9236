//! The columns of a table as the Diesel schema has them, for code that treats all tables alike.

use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use serde::{Deserialize, Serialize};

/// The types that columns have, which both databases know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Text.
    Text,
    /// A signed number of 64 bits.
    Integer,
    /// Yes or no.
    Boolean,
    /// Bytes.
    Bytes,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// A type of the schema.
pub(super) trait HasKind {
    const KIND: Kind;
}

impl HasKind for Text {
    const KIND: Kind = Kind::Text;
}

impl HasKind for BigInt {
    const KIND: Kind = Kind::Integer;
}

impl HasKind for Bool {
    const KIND: Kind = Kind::Boolean;
}

impl HasKind for Binary {
    const KIND: Kind = Kind::Bytes;
}

impl<T: HasKind + diesel::sql_types::SqlType> HasKind for Nullable<T> {
    const KIND: Kind = T::KIND;
}

/// All columns of a table of the schema.
pub(super) trait Columns {
    fn columns() -> Vec<Column>;
}

macro_rules! tuples_of_columns {
    ($first:ident $($rest:ident)*) => {
        impl<$first, $($rest),*> Columns for ($first, $($rest),*)
        where
            $first: diesel::Column, $first::SqlType: HasKind,
            $($rest: diesel::Column, $rest::SqlType: HasKind),*
        {
            fn columns() -> Vec<Column> {
                vec![
                    Column { name: $first::NAME.to_owned(), kind: $first::SqlType::KIND },
                    $(Column { name: $rest::NAME.to_owned(), kind: $rest::SqlType::KIND }),*
                ]
            }
        }
        tuples_of_columns! { $($rest)* }
    };
    () => {};
}

tuples_of_columns! { A B C D E F G H I J K L M N O P Q R S T U V W X }
