//! One question under one load: requests of all classes in a random order over the same connections.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use super::answers::{Answers, plain};
use super::background::Background;
use super::class::{self, ADDRESSES};
use super::order::{Random, Turn, shuffled};
use super::question::{Load, Question};
use super::request;
use super::spans;
use crate::failure::Failure;
use crate::rig::http::{Answer, Connection};
use crate::rig::visitor::unexpected;
use crate::rig::{Keeper, progress};

/// Connections that are measured, each with one request under way.
pub(super) const CONNECTIONS: usize = 2;

/// What was measured of a question under a load.
#[derive(Debug)]
pub(super) struct Measured {
    /// One for each class.
    pub(super) times: Vec<Times>,
    pub(super) answers: Answers,
}

/// Times of the answers that were no refusals for want of room, in microseconds.
#[derive(Debug, Clone, Default)]
pub(super) struct Times {
    /// From the first byte sent to the last received.
    pub(super) client: Vec<f64>,
    /// From the server's log.
    pub(super) server: Vec<f64>,
    /// How many were refused.
    pub(super) refused: usize,
}

/// An answer that was timed.
#[derive(Debug, Clone, Copy)]
struct Timed {
    number: usize,
    microseconds: f64,
    refused: bool,
}

/// Starts a server and measures.
pub(super) fn measure(
    keeper: &mut Keeper,
    question: &Question,
    (load, samples): (Load, usize),
    random: &mut Random,
) -> Result<Measured, Failure> {
    let settings = question.settings();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    keeper.start(&settings)?;
    let address = keeper.address();
    let background = Background::of(load, address, question.cost)?;
    for _ in 0..question.before {
        try_every_address(address, question)?;
    }

    let classes = question.classes.len();
    let warm_up = shuffled(classes, question.warm_up(samples), ADDRESSES, random);
    let turns = shuffled(classes, samples, ADDRESSES, random);
    let (timed, answers) = under(&background, address, || {
        Run { address, question, turns: &warm_up, prefix: 'w' }.go("warm-up")?;
        Run { address, question, turns: &turns, prefix: 't' }.go(load.name())
    })?;
    // What has ended has written all of its log.
    keeper.stop()?;
    let spans = spans::read(&keeper.log(), turns.len())?;
    Ok(Measured { times: sort_out(classes, &turns, &timed, &spans), answers })
}

/// Does something while the load is on.
fn under<T>(
    background: &Background,
    address: SocketAddr,
    work: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let ask = || background.run(address, &stop);
        let threads: Vec<_> = (0..background.threads()).map(|_| scope.spawn(ask)).collect();
        let done = work();
        stop.store(true, Ordering::Relaxed);
        for thread in threads {
            thread.join().unwrap_or_else(|_| Err(Failure::new("a thread panicked")))?;
        }
        done
    })
}

/// One try for each address of each class, however it is answered.
fn try_every_address(address: SocketAddr, question: &Question) -> Result<(), Failure> {
    let fail = |error: io::Error| Failure::new(format!("{}: {error}", question.name));
    let mut connection = Connection::open(address).map_err(fail)?;
    for class in &question.classes {
        for number in 0..ADDRESSES {
            let body = class::body(*class, question.endpoint, question.cost, number);
            connection.send(&request::post(question.endpoint, "w", &body)).map_err(fail)?;
            connection.receive().map_err(fail)?;
        }
    }
    Ok(())
}

/// Requests that are sent over some connections.
struct Run<'a> {
    address: SocketAddr,
    question: &'a Question,
    turns: &'a [Turn],
    /// Of the ids of the requests.
    prefix: char,
}

impl Run<'_> {
    fn go(&self, what: &str) -> Result<(Vec<Timed>, Answers), Failure> {
        let (next, done) = (AtomicUsize::new(0), AtomicBool::new(false));
        let what = format!("  {}, {what}", self.question.name);
        thread::scope(|scope| {
            let telling = scope.spawn(|| progress::tell(&what, self.turns.len(), &next, &done));
            let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(|| self.converse(&next))).collect();
            let mut all = (Vec::with_capacity(self.turns.len()), Answers::default());
            let mut failed = None;
            for thread in threads {
                match thread.join().unwrap_or_else(|_| Err(Failure::new("a thread panicked"))) {
                    Ok((timed, answers)) => {
                        all.0.extend(timed);
                        all.1.merge(answers);
                    }
                    Err(failure) => failed = Some(failure),
                }
            }
            done.store(true, Ordering::Relaxed);
            let _ = telling.join();
            failed.map_or(Ok(all), Err)
        })
    }

    /// Takes turns on one connection until there are none left.
    fn converse(&self, next: &AtomicUsize) -> Result<(Vec<Timed>, Answers), Failure> {
        let fail = |error: io::Error| Failure::new(format!("{}: {error}", self.question.name));
        let mut connection = Connection::open(self.address).map_err(fail)?;
        let (mut all, mut answers) = (Vec::new(), Answers::default());
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(turn) = self.turns.get(number) else {
                return Ok((all, answers));
            };
            let result = self.take(number, *turn, &mut connection, &mut answers);
            if result.is_err() {
                // Nothing more is worth asking.
                next.store(self.turns.len(), Ordering::Relaxed);
            }
            all.push(result?);
        }
    }

    fn take(
        &self,
        number: usize,
        turn: Turn,
        connection: &mut Connection,
        answers: &mut Answers,
    ) -> Result<Timed, Failure> {
        let fail = |error: io::Error| Failure::new(format!("{}: {error}", self.question.name));
        let Question { endpoint, classes, cost, .. } = self.question;
        let class = classes.get(turn.class).copied().unwrap_or(class::Class::Unknown);
        let id = spans::request_id(number).replacen('t', &self.prefix.to_string(), 1);
        let request = request::post(*endpoint, &id, &class::body(class, *endpoint, *cost, turn.address));

        let begun = Instant::now();
        connection.send(&request).map_err(fail)?;
        let Answer { status, head, body } = connection.receive().map_err(fail)?;
        let took = begun.elapsed();

        // Where there is room for all it may happen too; how many are refused is compared as well.
        let refused = status == 503;
        if status != self.question.status && !refused {
            return Err(unexpected(&format!("{}, {}", self.question.name, class.name()), status, body));
        }
        answers.compare(class.name(), status, &plain(head, body, &id));
        Ok(Timed { number, microseconds: took.as_secs_f64() * 1_000_000.0, refused })
    }
}

/// Puts the times to their classes.
fn sort_out(classes: usize, turns: &[Turn], timed: &[Timed], spans: &[Option<f64>]) -> Vec<Times> {
    let mut times = vec![Times::default(); classes];
    for &Timed { number, microseconds, refused } in timed {
        let Some(of_class) = turns.get(number).and_then(|turn| times.get_mut(turn.class)) else {
            continue;
        };
        if refused {
            of_class.refused += 1;
            continue;
        }
        of_class.client.push(microseconds);
        of_class.server.extend(spans.get(number).copied().flatten());
    }
    times
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::super::question::Extent;
    use super::*;

    const EXTENT: Extent = Extent { cost: 4, idle: 10, loaded: 10, pbkdf2: 10, real: 0 };

    /// A server that answers a request by the status and header line that are made of it.
    fn serve(answer: fn(&str) -> (u16, &'static str)) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                thread::spawn(move || {
                    let mut buffer = [0; 4096];
                    // A request of ours is short and comes in one piece.
                    while let Ok(read @ 1..) = stream.read(&mut buffer) {
                        let request = String::from_utf8_lossy(&buffer[..read]).into_owned();
                        let id =
                            request.split("X-Request-ID: ").nth(1).unwrap().split("\r\n").next().unwrap();
                        let (status, header) = answer(&request);
                        let answer = format!(
                            "HTTP/1.1 {status} X\r\nx-request-id: {id}\r\n{header}content-length: 0\r\n\r\n"
                        );
                        stream.write_all(answer.as_bytes()).unwrap();
                    }
                });
            }
        });
        address
    }

    fn run(answer: fn(&str) -> (u16, &'static str)) -> Result<(Vec<Timed>, Answers), Failure> {
        let question = &Question::all(EXTENT)[0];
        let turns = shuffled(question.classes.len(), 10, ADDRESSES, &mut Random::new(1));
        Run { address: serve(answer), question, turns: &turns, prefix: 't' }.go("test")
    }

    #[test]
    fn every_turn_is_taken_once_and_the_same_answers_are_the_same() {
        let (mut timed, answers) = run(|_| (401, "")).unwrap();
        timed.sort_by_key(|timed| timed.number);
        assert!(timed.iter().enumerate().all(|(place, timed)| timed.number == place));
        assert_eq!((timed.len(), answers.compared, answers.different), (50, 50, 0));
    }

    #[test]
    fn a_header_that_one_class_gets_is_found() {
        let leak = |request: &str| (401, if request.contains("\"d04") { "x-state: off\r\n" } else { "" });
        let (_, answers) = run(leak).unwrap();
        assert!(answers.different > 0 && answers.example.is_some_and(|example| example.contains("x-state")));
    }

    #[test]
    fn another_status_is_a_failure_and_a_refusal_is_counted() {
        let tells = |request: &str| (if request.contains("\"k04") { 403 } else { 401 }, "");
        let failure = format!("{:?}", run(tells).unwrap_err());
        assert!(failure.contains("login, bcrypt hashes, known address was answered 403"), "{failure}");
        let (timed, _) = run(|_| (503, "retry-after: 2\r\n")).unwrap();
        assert!(timed.iter().all(|timed| timed.refused));
    }

    #[test]
    fn each_time_goes_to_its_class_and_a_refusal_to_none() {
        let turn = |class| Turn { class, address: 0 };
        let turns = [turn(1), turn(0), turn(1), turn(1)];
        let timed = |number, microseconds, refused| Timed { number, microseconds, refused };
        let all = [timed(3, 4.0, false), timed(0, 1.0, false), timed(1, 2.0, false), timed(2, 3.0, true)];
        let times = sort_out(2, &turns, &all, &[Some(0.1), None, Some(0.3), Some(0.4)]);
        assert_eq!((&times[0].client[..], &times[0].server[..], times[0].refused), (&[2.0][..], &[][..], 0));
        assert_eq!((&times[1].client[..], &times[1].server[..]), (&[4.0, 1.0][..], &[0.4, 0.1][..]));
        assert_eq!(times[1].refused, 1);
    }
}
