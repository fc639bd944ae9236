//! The kinds of request that are measured, and a crowd that sends them.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Database;
use crate::failure::Failure;
use crate::rig::http::{Answer, Connection, get, post};
use crate::rig::visitor::{Visitor, text, unexpected};

/// Requests that are under way at the same time, each on a connection of its own.
pub(super) const CONNECTIONS: usize = 32;

/// A kind of request: to the floor, then to the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// JSON, and nothing else.
    Bare,
    /// The same for who shows a token.
    Checked,
    /// The same with one row read by its primary key, on a thread that does nothing else.
    Read,
    /// The same on a thread of actix-web, by a pool.
    ReadBlocking,
    /// One row changed durably.
    Write,
    /// The same, in one commit with all who wait.
    WriteGrouped,
    /// JSON that asks nobody, through all that stands before each route.
    Alive,
    /// Who am I, by bearer token.
    Me,
    /// A chat token for a thread that is there.
    ChatToken,
    /// A renewal of the session; each connection goes on with what it got.
    Refresh,
}

impl Load {
    /// What is asked of the floor on a database. What asks none is asked on SQLite alone.
    pub(super) const fn of_floor(database: Database) -> &'static [Self] {
        match database {
            Database::Sqlite => {
                &[Self::Bare, Self::Checked, Self::Read, Self::ReadBlocking, Self::Write, Self::WriteGrouped]
            }
            // It gathers commits by itself.
            Database::Postgres => &[Self::Read, Self::ReadBlocking, Self::Write],
        }
    }

    /// What is asked of the product.
    pub(super) const OF_PRODUCT: &[Self] = &[Self::Alive, Self::Me, Self::ChatToken, Self::Refresh];

    /// Method and path.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Bare => "GET /bare",
            Self::Checked => "GET /checked",
            Self::Read => "GET /read",
            Self::ReadBlocking => "GET /read/blocking",
            Self::Write => "POST /write",
            Self::WriteGrouped => "POST /write/grouped",
            Self::Alive => "GET /api/health/alive",
            Self::Me => "GET /api/auth/me",
            Self::ChatToken => "POST /api/chatkit/token",
            Self::Refresh => "POST /api/auth/refresh",
        }
    }

    fn request(self, visitor: &Visitor) -> Vec<u8> {
        let Visitor { access_token, refresh_token, thread_id } = visitor;
        let (_, path) = self.name().split_once(' ').unwrap_or_default();
        match self {
            Self::Bare | Self::Alive => get(path, None),
            Self::Checked | Self::Read | Self::ReadBlocking | Self::Me => get(path, Some(access_token)),
            Self::Write | Self::WriteGrouped => post(path, Some(access_token), "{}"),
            Self::ChatToken => post(path, Some(access_token), &json!({"thread_id": thread_id}).to_string()),
            Self::Refresh => post(path, None, &json!({"refresh_token": refresh_token}).to_string()),
        }
    }
}

/// How a load went.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    /// Requests that were answered, all of them well.
    pub(super) answers: u32,
    /// From the first request to the last answer.
    pub(super) took: Duration,
}

/// Sends requests for this long, as fast as they are answered, one at a time for each visitor.
///
/// Of each visitor one request is always under way. A thread looks after several of them in turn,
/// for a thread for each would cost more than most requests do.
pub(super) fn run(
    load: Load,
    address: SocketAddr,
    visitors: &mut [Visitor],
    length: Duration,
) -> Result<Counted, Failure> {
    let mut callers = visitors
        .iter_mut()
        .map(|visitor| Caller::new(load, address, visitor))
        .collect::<Result<Vec<_>, _>>()?;
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let share = callers.len().div_ceil(threads).max(1);

    let begun = Instant::now();
    let until = begun + length;
    let answers = thread::scope(|scope| {
        let callers = callers.chunks_mut(share);
        let threads: Vec<_> = callers.map(|callers| scope.spawn(move || call(callers, until))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(Failure::new("a thread panicked"))))
            .sum::<Result<u32, Failure>>()
    })?;
    Ok(Counted { answers, took: begun.elapsed() })
}

/// Keeps every caller busy until then, and answers how often they were answered.
fn call(callers: &mut [Caller<'_>], until: Instant) -> Result<u32, Failure> {
    for caller in &mut *callers {
        caller.ask()?;
    }
    let mut answers = 0;
    loop {
        let goes_on = Instant::now() < until;
        for caller in &mut *callers {
            caller.hear()?;
            answers += 1;
            if goes_on {
                caller.ask()?;
            }
        }
        if !goes_on {
            return Ok(answers);
        }
    }
}

/// A visitor on a connection.
struct Caller<'a> {
    load: Load,
    visitor: &'a mut Visitor,
    connection: Connection,
    request: Vec<u8>,
}

impl<'a> Caller<'a> {
    fn new(load: Load, address: SocketAddr, visitor: &'a mut Visitor) -> Result<Self, Failure> {
        let connection = Connection::open(address).map_err(|error| failure(load, &error))?;
        let request = load.request(visitor);
        Ok(Self { load, visitor, connection, request })
    }

    fn ask(&mut self) -> Result<(), Failure> {
        self.connection.send(&self.request).map_err(|error| failure(self.load, &error))
    }

    fn hear(&mut self) -> Result<(), Failure> {
        let Answer { status, body, .. } =
            self.connection.receive().map_err(|error| failure(self.load, &error))?;
        if status != 200 {
            return Err(unexpected(self.load.name(), status, body));
        }
        if self.load == Load::Refresh {
            let answer: Value =
                serde_json::from_slice(body).map_err(|error| failure(self.load, &error.into()))?;
            self.visitor.refresh_token = text(&answer, "refresh_token")?;
            self.request = self.load.request(self.visitor);
        }
        Ok(())
    }
}

fn failure(load: Load, error: &io::Error) -> Failure {
    Failure::new(format!("{}: {error}", load.name()))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    fn visitors(count: usize) -> Vec<Visitor> {
        let visitor = |number| Visitor {
            access_token: format!("access {number}"),
            refresh_token: format!("{number}"),
            thread_id: "thread".to_owned(),
        };
        (0..count).map(visitor).collect()
    }

    /// A server whose answer to a body is up to the test.
    fn serve(answer: fn(&str) -> (u16, String)) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                thread::spawn(move || converse(stream.unwrap(), answer));
            }
        });
        address
    }

    fn converse(mut stream: TcpStream, answer: fn(&str) -> (u16, String)) -> io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        loop {
            let mut length = 0;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line)? == 0 {
                    return Ok(());
                }
                if let Some(value) = line.strip_prefix("Content-Length: ") {
                    length = value.trim().parse().unwrap();
                }
                if line == "\r\n" {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            let (status, body) = answer(str::from_utf8(&body).unwrap());
            let length = body.len();
            write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{body}")?;
        }
    }

    #[test]
    fn a_load_goes_on_for_as_long_as_it_was_told_and_answers_everyone() {
        let address = serve(|_| (200, "{}".to_owned()));
        let mut visitors = visitors(5);
        let counted = run(Load::Me, address, &mut visitors, Duration::from_millis(20)).unwrap();
        assert!(counted.answers >= 5, "{counted:?}");
        assert!(counted.took >= Duration::from_millis(20), "{counted:?}");
    }

    #[test]
    fn a_refresh_goes_on_with_the_token_of_the_answer_before() {
        // The server adds a stroke to the token that it is shown.
        let address = serve(|body| {
            let shown: Value = serde_json::from_str(body).unwrap();
            (
                200,
                json!({"refresh_token": format!("{}'", shown["refresh_token"].as_str().unwrap())})
                    .to_string(),
            )
        });
        let mut visitors = visitors(3);
        let counted = run(Load::Refresh, address, &mut visitors, Duration::from_millis(20)).unwrap();
        let strokes: usize = visitors.iter().map(|visitor| visitor.refresh_token.matches('\'').count()).sum();
        assert_eq!(u32::try_from(strokes), Ok(counted.answers), "no answer was lost");
        assert!(visitors[2].refresh_token.starts_with("2'"));
    }

    #[test]
    fn an_answer_other_than_200_fails_the_load() {
        let address = serve(|_| (503, "too busy".to_owned()));
        let failure = run(Load::Alive, address, &mut visitors(2), Duration::from_secs(5)).unwrap_err();
        assert_eq!(failure, Failure::new("GET /api/health/alive was answered 503: too busy"));
    }
}
