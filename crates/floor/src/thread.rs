//! Threads that have a connection each, and are given work through one queue.

use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};
use tokio::sync::oneshot;

/// More than a load ever has under way.
const QUEUE: usize = 1_024;

/// What is asked of a thread, and where its answer goes.
pub(crate) struct Question<Q, A> {
    pub(crate) asked: Q,
    reply: oneshot::Sender<Result<A, String>>,
}

impl<Q, A> Question<Q, A> {
    /// Answers. Who asked may be gone.
    pub(crate) fn answer(self, answer: Result<A, String>) {
        let _ = self.reply.send(answer);
    }
}

/// Asks threads.
pub(crate) struct Threads<Q, A>(Sender<Question<Q, A>>);

impl<Q: Send + 'static, A: Send + 'static> Threads<Q, A> {
    /// Starts one for each of `workers`, which takes its work from the queue until that ends.
    pub(crate) fn start<W>(workers: Vec<W>) -> Self
    where
        W: FnOnce(&Receiver<Question<Q, A>>) + Send + 'static,
    {
        let (sender, receiver) = bounded(QUEUE);
        for worker in workers {
            let receiver = receiver.clone();
            thread::spawn(move || worker(&receiver));
        }
        Self(sender)
    }

    /// Has one of them do it.
    pub(crate) async fn ask(&self, asked: Q) -> Result<A, String> {
        let (reply, answer) = oneshot::channel();
        self.0.try_send(Question { asked, reply }).map_err(|_| "the queue is full".to_owned())?;
        answer.await.map_err(|_| "a thread is gone".to_owned())?
    }
}
