//! The first words of PostgreSQL's protocol: enough to see that a server takes connections.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// Version 3.0 of the protocol.
const PROTOCOL: u32 = 196_608;
const PARAMETERS: &[u8] = b"user\0postgres\0database\0postgres\0\0";
const READY_FOR_QUERY: u8 = b'Z';
const ERROR_RESPONSE: u8 = b'E';
const TERMINATE: &[u8] = b"X\0\0\0\x04";
/// No message of a start comes near this.
const LONGEST_MESSAGE: u32 = 64 * 1024;
const ATTEMPT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);

/// Waits until user `postgres` can connect without a password, for at most so long.
///
/// # Errors
///
/// What the last attempt met.
pub(crate) fn wait_until_connectable(address: SocketAddr, limit: Duration) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        match connect(address) {
            Err(error) if begun.elapsed() >= limit => return Err(error),
            Err(_) => thread::sleep(PAUSE),
            Ok(()) => return Ok(()),
        }
    }
}

/// Connects once, as user `postgres` without a password.
pub(crate) fn connect(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, ATTEMPT)?;
    stream.set_read_timeout(Some(ATTEMPT))?;
    stream.write_all(&startup_message())?;
    read_until_ready(&mut stream)?;
    stream.write_all(TERMINATE)
}

fn startup_message() -> Vec<u8> {
    let length = 4 + 4 + u32::try_from(PARAMETERS.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), PROTOCOL.to_be_bytes().as_slice(), PARAMETERS].concat()
}

fn read_until_ready(stream: &mut impl Read) -> io::Result<()> {
    loop {
        let mut header = [0; 5];
        stream.read_exact(&mut header)?;
        let [kind, length @ ..] = header;
        let length = u32::from_be_bytes(length);
        if !(4..=LONGEST_MESSAGE).contains(&length) {
            return Err(io::Error::other("it does not speak PostgreSQL's protocol"));
        }
        let mut body = Vec::new();
        stream.by_ref().take(u64::from(length - 4)).read_to_end(&mut body)?;
        match kind {
            READY_FOR_QUERY => return Ok(()),
            ERROR_RESPONSE => {
                let body = String::from_utf8_lossy(&body).replace('\0', " ");
                return Err(io::Error::other(format!("it answered: {}", body.trim_end())));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_ready_is_recognised() {
        let mut answer: &[u8] = b"R\0\0\0\x08\0\0\0\0S\0\0\0\x08a\0b\0Z\0\0\0\x05Irest";
        read_until_ready(&mut answer).unwrap();
        assert_eq!(answer, b"rest", "read beyond the message");
    }

    #[test]
    fn a_refusal_is_passed_on() {
        let mut answer: &[u8] = b"E\0\0\0\x1bSFATAL\0Mstarting up\0\0\0\0\0";
        let error = read_until_ready(&mut answer).unwrap_err();
        assert!(error.to_string().contains("starting up"), "{error}");
    }

    #[test]
    fn another_protocol_and_a_closed_connection_are_errors() {
        for mut answer in [b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice(), b"R\0", b""] {
            assert!(read_until_ready(&mut answer).is_err(), "{answer:?}");
        }
    }

    #[test]
    fn the_startup_message_counts_its_own_length() {
        let message = startup_message();
        let length = u32::try_from(message.len()).unwrap();
        assert_eq!(message[..4], length.to_be_bytes());
    }
}
