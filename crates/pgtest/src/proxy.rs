//! A way to a server that can go silent, as a network does that drops packets without a word.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How often a connection looks whether it is still to pass anything on.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Listens on loopback and passes connections on to a server. It ends when this is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    way: Arc<Way>,
}

#[derive(Debug)]
struct Way {
    target: SocketAddr,
    is_silent: AtomicBool,
    is_over: AtomicBool,
    connections: Mutex<Vec<Arc<Connection>>>,
    accepted: Mutex<Vec<Instant>>,
}

/// A connection and what has become of it.
#[derive(Debug, Default)]
struct Connection {
    /// Nothing passes any more, ever.
    is_lost: AtomicBool,
    /// One side has hung up.
    is_over: AtomicBool,
}

impl Proxy {
    /// Starts to pass connections on to `target`.
    ///
    /// # Errors
    ///
    /// There is no port to listen on.
    pub fn start(target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let way = Arc::new(Way {
            target,
            is_silent: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            connections: Mutex::default(),
            accepted: Mutex::default(),
        });
        let accepting = Arc::clone(&way);
        thread::Builder::new().spawn(move || accepting.accept(&listener))?;
        Ok(Self { address, way })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on nothing passes, in either direction, and nobody is told: what is sent is taken and
    /// forgotten, new connections are accepted and nothing comes of them.
    pub fn fall_silent(&self) {
        self.way.is_silent.store(true, Ordering::SeqCst);
        for connection in self.way.connections().drain(..) {
            connection.is_lost.store(true, Ordering::SeqCst);
        }
    }

    /// New connections pass again. Those there were stay silent for good, as after the loss of a router.
    pub fn speak(&self) {
        self.way.is_silent.store(false, Ordering::SeqCst);
    }

    /// When each connection so far was asked for.
    #[must_use]
    pub fn accepted(&self) -> Vec<Instant> {
        lock(&self.way.accepted).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.way.is_over.store(true, Ordering::SeqCst);
        for connection in self.way.connections().drain(..) {
            connection.is_over.store(true, Ordering::SeqCst);
        }
        // It waits for a connection, and is given one.
        drop(TcpStream::connect(self.address));
    }
}

impl Way {
    fn connections(&self) -> MutexGuard<'_, Vec<Arc<Connection>>> {
        lock(&self.connections)
    }

    fn accept(self: Arc<Self>, listener: &TcpListener) {
        while let Ok((client, _)) = listener.accept() {
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            lock(&self.accepted).push(Instant::now());
            let connection = Arc::new(Connection::default());
            {
                let mut connections = self.connections();
                connections.retain(|known| !known.is_over.load(Ordering::SeqCst));
                connection.is_lost.store(self.is_silent.load(Ordering::SeqCst), Ordering::SeqCst);
                connections.push(Arc::clone(&connection));
            }
            let way = Arc::clone(&self);
            drop(thread::Builder::new().spawn(move || way.pass(&client, &connection)));
        }
    }

    fn pass(&self, client: &TcpStream, connection: &Connection) {
        if connection.is_lost.load(Ordering::SeqCst) {
            connection.carry(client, None);
        } else if let Ok(server) = TcpStream::connect(self.target) {
            let nodelay = [client, &server].map(|side| side.set_nodelay(true));
            debug_assert!(nodelay.iter().all(Result::is_ok));
            thread::scope(|scope| {
                scope.spawn(|| connection.carry(&server, Some(client)));
                connection.carry(client, Some(&server));
            });
        }
        connection.is_over.store(true, Ordering::SeqCst);
    }
}

impl Connection {
    /// Carries what comes from one side to the other until either hangs up, and the other is told. Once
    /// it is lost nobody is told anything.
    fn carry(&self, from: &TcpStream, to: Option<&TcpStream>) {
        let (mut from, mut bytes) = (from, [0; 16 * 1024]);
        if from.set_read_timeout(Some(LOOK_EVERY)).is_err() {
            return;
        }
        while !self.is_over.load(Ordering::SeqCst) {
            let read = match from.read(&mut bytes) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
                Err(_) => break,
            };
            if self.is_lost.load(Ordering::SeqCst) {
                continue;
            }
            let part = bytes.get(..read).unwrap_or_default();
            if to.is_some_and(|mut to| to.write_all(part).is_err()) {
                break;
            }
        }
        if self.is_lost.load(Ordering::SeqCst) && to.is_some() {
            // The other side must not hear of it: this one's end is kept until the other hangs up too.
            return;
        }
        self.is_over.store(true, Ordering::SeqCst);
        if let Some(to) = to {
            let _ = to.shutdown(Shutdown::Both);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers every byte with the same.
    fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                thread::spawn(move || io::copy(&mut stream.try_clone().unwrap(), &mut stream));
            }
        });
        address
    }

    fn connect(proxy: &Proxy, patience: Duration) -> TcpStream {
        let stream = TcpStream::connect(proxy.address()).unwrap();
        stream.set_read_timeout(Some(patience)).unwrap();
        stream
    }

    fn ask(stream: &mut TcpStream) -> io::Result<u8> {
        stream.write_all(b"x")?;
        let mut answer = [0];
        stream.read_exact(&mut answer)?;
        Ok(answer[0])
    }

    #[test]
    fn what_is_silent_hangs_up_on_nobody_and_new_connections_pass_afterwards() {
        let (long, short) = (Duration::from_secs(30), Duration::from_millis(200));
        let proxy = Proxy::start(echo()).unwrap();
        let mut before = connect(&proxy, long);
        assert_eq!(ask(&mut before).unwrap(), b'x');

        proxy.fall_silent();
        let mut meanwhile = connect(&proxy, short);
        before.set_read_timeout(Some(short)).unwrap();
        for stream in [&mut before, &mut meanwhile] {
            let error = ask(stream).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error:?}");
        }

        proxy.speak();
        assert_eq!(ask(&mut connect(&proxy, long)).unwrap(), b'x');
        for stream in [&mut before, &mut meanwhile] {
            let error = ask(stream).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error:?}");
        }
        assert_eq!(proxy.accepted().len(), 3);
    }

    #[test]
    fn an_end_on_one_side_is_one_on_the_other() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let proxy = Proxy::start(listener.local_addr().unwrap()).unwrap();
        let mut client = connect(&proxy, Duration::from_secs(30));
        drop(listener.accept().unwrap());
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
    }
}
