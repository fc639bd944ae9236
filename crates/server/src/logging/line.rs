//! Writing whole lines, whatever happens in between.

use std::io::{self, Write};

/// Holds what is written until it is flushed, and passes it on in one piece: lines of several
/// writers do not mix, and a line that could not be written leaves nothing behind for the next.
pub(super) struct LineWriter<W> {
    out: W,
    line: Vec<u8>,
    torn: bool,
}

impl<W: Write> LineWriter<W> {
    pub(super) const fn new(out: W) -> Self {
        Self { out, line: Vec::new(), torn: false }
    }
}

impl<W: Write> Write for LineWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.torn {
            // A full disk may have taken the beginning of a line; that line ends here.
            self.line.insert(0, b'\n');
        }
        let written = self.out.write_all(&self.line).and_then(|()| self.out.flush());
        self.line.clear();
        self.torn = written.is_err();
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk that takes a few bytes, then none, then all.
    #[derive(Default)]
    struct Disk {
        taken: Vec<u8>,
        calls: usize,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.calls += 1;
            let count = match self.calls {
                1 => 3,
                2 => return Err(io::ErrorKind::StorageFull.into()),
                _ => bytes.len(),
            };
            self.taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_after_a_torn_one_is_whole() {
        let mut writer = LineWriter::new(Disk::default());
        for (line, written) in [("first\n", false), ("second\n", true), ("third\n", true)] {
            writer.write_all(line.as_bytes()).unwrap();
            assert_eq!(writer.flush().is_ok(), written, "{line}");
        }
        assert_eq!(writer.out.taken, b"fir\nsecond\nthird\n");
    }
}
