//! Which account gets an address that several have, but for its case.

use std::cmp::Reverse;

use crate::clock::Timestamp;

/// An account of the source that claims an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contender {
    /// Its id there.
    pub id: String,
    /// Whether it may be used.
    pub is_active: bool,
    /// When it was last signed in to.
    pub last_login_at: Option<Timestamp>,
    /// Whether its address is written as the old system looks it up: in lower case, without spaces.
    pub is_canonical: bool,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// The index of the one that gets the address: the one that is in use. That is an active one before a
/// disabled one; then the one that was signed in to last; then the one that the old system's login finds;
/// then the newest. `None` when there are none.
#[must_use]
pub fn settle(contenders: &[Contender]) -> Option<usize> {
    contenders
        .iter()
        .enumerate()
        .min_by_key(|(_, one)| {
            let Contender { id, is_active, last_login_at, is_canonical, created_at } = one;
            (Reverse((*is_active, *last_login_at, *is_canonical, *created_at)), id)
        })
        .map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contender(id: &str) -> Contender {
        Contender {
            id: id.to_owned(),
            is_active: true,
            last_login_at: None,
            is_canonical: false,
            created_at: Some(Timestamp::from_secs(1)),
        }
    }

    #[test]
    fn the_one_that_is_in_use_gets_it_in_whatever_order_they_come() {
        let at = |secs| Some(Timestamp::from_secs(secs));
        let by_rank = [
            Contender { last_login_at: at(9), ..contender("1") },
            Contender { last_login_at: at(8), is_canonical: true, ..contender("2") },
            Contender { is_canonical: true, ..contender("3") },
            Contender { created_at: at(2), ..contender("4") },
            contender("5"),
            contender("6"),
            Contender { is_active: false, last_login_at: at(10), is_canonical: true, ..contender("0") },
        ];
        for first in 0..by_rank.len() {
            let mut some = by_rank[first..].to_vec();
            for _ in 0..some.len() {
                some.rotate_left(1);
                let winner = settle(&some).map(|index| some[index].id.clone());
                assert_eq!(winner.as_ref(), Some(&by_rank[first].id));
            }
        }
        assert_eq!(settle(&[]), None);
    }
}
