//! What every [`AttachmentRepository`](autorisen_domain::chat::AttachmentRepository) and
//! [`AttachmentBytes`](autorisen_domain::chat::AttachmentBytes) keeps.

use std::sync::Arc;
use std::time::Duration;

use autorisen_domain::chat::{ByteSweep, StoredAttachment};

use crate::contracts::{CALLERS, ROUNDS, Stores};
use crate::fixtures::{NOW, file_of, thread_for};
use crate::race;

/// Makes a test of every promise of the ports over the stores that the async function `$stores` makes.
#[macro_export]
macro_rules! attachments_contract {
    ($stores:path) => {
        $crate::attachments_contract!($stores, contract_tests);
    };
    ($stores:path, $each:ident) => {
        $crate::$each! {
            $stores, attachments:
            a_file_is_found_as_it_is_by_its_owner_alone,
            files_of_a_user_stay_below_the_cap_also_in_a_race,
            a_file_is_completed_once,
            files_are_attached_all_or_none,
            those_that_are_known_are_told_from_others,
            a_deleted_file_is_gone_with_its_bytes,
            parts_come_back_as_they_are_and_may_be_replaced,
            a_deleted_thread_takes_its_files_with_it,
            sweeping_takes_old_files_of_no_thread,
            a_sweep_takes_a_large_file_piece_by_piece_and_nobody_attaches_the_rest,
            a_sweep_of_bytes_leaves_those_of_known_files,
        }
    };
}

const CAP: u64 = 1_000_000;

pub async fn a_file_is_found_as_it_is_by_its_owner_alone(stores: &Stores) {
    let (ada, eve) = (stores.add_user("ada@example.org").await, stores.add_user("eve@example.org").await);
    let file = file_of(&ada, 10);
    assert!(stores.attachments.insert(&file, CAP).await.unwrap());
    assert_eq!(stores.attachments.find(eve.id, file.id).await.unwrap(), None);
    assert!(!stores.attachments.complete(eve.id, file.id, 10).await.unwrap());
    assert!(!stores.attachments.delete(eve.id, file.id).await.unwrap());
    assert_eq!(stores.attachments.find(ada.id, file.id).await.unwrap(), Some(file));
}

pub async fn files_of_a_user_stay_below_the_cap_also_in_a_race(stores: &Stores) {
    for round in 0..ROUNDS {
        let user = stores.add_user(&format!("round-{round}@example.org")).await;
        let kept = race(CALLERS, |_| {
            let (attachments, file) = (Arc::clone(&stores.attachments), file_of(&user, 10));
            async move { attachments.insert(&file, 35).await.unwrap() }
        })
        .await;
        assert_eq!(kept.iter().filter(|&&kept| kept).count(), 3, "round {round}");
        assert!(stores.attachments.insert(&file_of(&user, 5), 35).await.unwrap(), "up to the cap itself");
    }
}

pub async fn a_file_is_completed_once(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let file = file_of(&user, 10);
    stores.attachments.insert(&file, CAP).await.unwrap();
    assert!(stores.attachments.complete(user.id, file.id, 7).await.unwrap());
    assert!(!stores.attachments.complete(user.id, file.id, 7).await.unwrap());
    let whole = StoredAttachment { is_uploaded: true, size: 7, ..file };
    assert_eq!(stores.attachments.find(user.id, whole.id).await.unwrap(), Some(whole));
}

pub async fn files_are_attached_all_or_none(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let thread = stores.threads.open(&thread_for(&user, "support")).await.unwrap();
    let other = stores.threads.open(&thread_for(&user, "admin")).await.unwrap();
    let (whole, waiting) = (file_of(&user, 10), file_of(&user, 10));
    for file in [&whole, &waiting] {
        stores.attachments.insert(file, CAP).await.unwrap();
    }
    stores.attachments.complete(user.id, whole.id, 10).await.unwrap();
    assert!(!stores.attachments.attach(thread.key(), &[whole.id, waiting.id]).await.unwrap());
    let found = stores.attachments.find(user.id, whole.id).await.unwrap().unwrap();
    assert_eq!(found.thread, None, "none of them");
    assert!(stores.attachments.attach(thread.key(), &[whole.id]).await.unwrap());
    assert!(stores.attachments.attach(thread.key(), &[whole.id]).await.unwrap(), "again in the same thread");
    assert!(!stores.attachments.attach(other.key(), &[whole.id]).await.unwrap(), "in no other");
    let eve = stores.add_user("eve@example.org").await;
    let hers = stores.threads.open(&thread_for(&eve, "support")).await.unwrap();
    assert!(!stores.attachments.attach(hers.key(), &[whole.id]).await.unwrap());
}

/// Sweeps the bytes of files that are not known any more, in small pages.
async fn sweep_bytes(stores: &Stores) {
    let sweep = ByteSweep::new(Arc::clone(&stores.attachments), Arc::clone(&stores.attachment_bytes));
    sweep.run(NOW, 2, 100).await.unwrap();
}

pub async fn those_that_are_known_are_told_from_others(stores: &Stores) {
    let (ada, eve) = (stores.add_user("ada@example.org").await, stores.add_user("eve@example.org").await);
    let (hers, others, unknown) = (file_of(&ada, 1), file_of(&eve, 1), file_of(&ada, 1));
    for file in [&hers, &others] {
        stores.attachments.insert(file, CAP).await.unwrap();
    }
    let mut known = stores.attachments.known(&[unknown.id, others.id, hers.id]).await.unwrap();
    known.sort_unstable();
    let mut expected = [hers.id, others.id];
    expected.sort_unstable();
    assert_eq!(known, expected);
    assert_eq!(stores.attachments.known(&[]).await.unwrap(), []);
}

pub async fn a_sweep_of_bytes_leaves_those_of_known_files(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let files: Vec<StoredAttachment> = (0..7).map(|_| file_of(&user, 1)).collect();
    for file in &files {
        stores.attachments.insert(file, CAP).await.unwrap();
        for part in 0..3 {
            stores.attachment_bytes.put(file.id, part, vec![1]).await.unwrap();
        }
    }
    let (gone, kept) = files.split_at(3);
    for file in gone {
        stores.attachments.delete(user.id, file.id).await.unwrap();
    }
    // Twice: where it begins again after the end, nothing is different.
    for _ in 0..2 {
        sweep_bytes(stores).await;
        for (files, expected) in [(gone, None), (kept, Some(vec![1]))] {
            for file in files {
                for part in 0..3 {
                    assert_eq!(stores.attachment_bytes.get(file.id, part).await.unwrap(), expected);
                }
            }
        }
    }
}

pub async fn a_deleted_file_is_gone_with_its_bytes(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let file = file_of(&user, 10);
    stores.attachments.insert(&file, CAP).await.unwrap();
    stores.attachment_bytes.put(file.id, 0, b"hello".to_vec()).await.unwrap();
    assert!(stores.attachments.delete(user.id, file.id).await.unwrap());
    assert!(!stores.attachments.delete(user.id, file.id).await.unwrap());
    sweep_bytes(stores).await;
    assert_eq!(stores.attachment_bytes.get(file.id, 0).await.unwrap(), None);
}

pub async fn parts_come_back_as_they_are_and_may_be_replaced(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let file = file_of(&user, 10);
    stores.attachments.insert(&file, CAP).await.unwrap();
    let first: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    stores.attachment_bytes.put(file.id, 0, b"old".to_vec()).await.unwrap();
    stores.attachment_bytes.put(file.id, 0, first.clone()).await.unwrap();
    stores.attachment_bytes.put(file.id, 1, vec![0]).await.unwrap();
    assert_eq!(stores.attachment_bytes.get(file.id, 0).await.unwrap(), Some(first));
    assert_eq!(stores.attachment_bytes.get(file.id, 1).await.unwrap(), Some(vec![0]));
    assert_eq!(stores.attachment_bytes.get(file.id, 2).await.unwrap(), None);
    stores.attachment_bytes.remove(file.id).await.unwrap();
    assert_eq!(stores.attachment_bytes.get(file.id, 1).await.unwrap(), None);
}

pub async fn a_deleted_thread_takes_its_files_with_it(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let thread = stores.threads.open(&thread_for(&user, "support")).await.unwrap();
    let file = file_of(&user, 10);
    stores.attachments.insert(&file, CAP).await.unwrap();
    stores.attachment_bytes.put(file.id, 0, b"hello".to_vec()).await.unwrap();
    stores.attachments.complete(user.id, file.id, 5).await.unwrap();
    stores.attachments.attach(thread.key(), &[file.id]).await.unwrap();
    stores.thread_directory.delete(thread.key()).await.unwrap();
    assert_eq!(stores.attachments.find(user.id, file.id).await.unwrap(), None);
    sweep_bytes(stores).await;
    assert_eq!(stores.attachment_bytes.get(file.id, 0).await.unwrap(), None);
}

pub async fn sweeping_takes_old_files_of_no_thread(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let thread = stores.threads.open(&thread_for(&user, "support")).await.unwrap();
    let later = NOW.plus(Duration::from_secs(10));
    let (old, taken) = (file_of(&user, 1), file_of(&user, 1));
    let fresh = StoredAttachment { created_at: later, ..file_of(&user, 1) };
    for file in [&old, &taken, &fresh] {
        stores.attachments.insert(file, CAP).await.unwrap();
    }
    stores.attachments.complete(user.id, taken.id, 1).await.unwrap();
    stores.attachments.attach(thread.key(), &[taken.id]).await.unwrap();
    assert_eq!(stores.attachments.sweep(later, 0).await.unwrap(), 0);
    assert_eq!(stores.attachments.sweep(later, 10).await.unwrap(), 1);
    assert_eq!(stores.attachments.find(user.id, old.id).await.unwrap(), None);
    for id in [taken.id, fresh.id] {
        assert!(stores.attachments.find(user.id, id).await.unwrap().is_some());
    }
}

pub async fn a_sweep_takes_a_large_file_piece_by_piece_and_nobody_attaches_the_rest(stores: &Stores) {
    let user = stores.add_user("ada@example.org").await;
    let thread = thread_for(&user, "support");
    stores.threads.open(&thread).await.unwrap();
    let file = file_of(&user, 10);
    stores.attachments.insert(&file, CAP).await.unwrap();
    for part in 0..80 {
        stores.attachment_bytes.put(file.id, part, vec![1]).await.unwrap();
    }
    stores.attachments.complete(user.id, file.id, 80).await.unwrap();
    let later = NOW.plus(Duration::from_secs(1));
    let mut rounds = 0;
    while stores.attachments.sweep(later, 10).await.unwrap() > 0 {
        rounds += 1;
        assert!(rounds < 100, "it ends");
        let attached = stores.attachments.attach(thread.key(), &[file.id]).await.unwrap();
        assert!(!attached, "round {rounds}: nobody gets what is not whole");
    }
    sweep_bytes(stores).await;
    assert_eq!(stores.attachments.find(user.id, file.id).await.unwrap(), None);
    assert_eq!(stores.attachment_bytes.get(file.id, 0).await.unwrap(), None);
}
