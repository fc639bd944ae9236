//! What the system says of this process, under the names that every Prometheus client uses. Read from
//! `/proc`; elsewhere than on Linux nothing is told.

use std::fs;

use prometheus::{Counter, Gauge};
use rustix::process::{Resource, getrlimit};

use super::{Book, MetricsError};

/// What is told.
pub(super) struct Process {
    resident: Gauge,
    anonymous: Gauge,
    peak: Gauge,
    virtual_memory: Gauge,
    threads: Gauge,
    cpu: Counter,
    open_files: Gauge,
    max_files: Gauge,
    started: Gauge,
}

impl Process {
    pub(super) fn new(book: &mut Book) -> Result<Self, MetricsError> {
        Ok(Self {
            resident: book.gauge("process_resident_memory_bytes", "Memory that the process has in RAM.")?,
            anonymous: book.gauge(
                "process_anonymous_memory_bytes",
                "Of that in RAM, its own; the rest are files that the system may drop, such as a SQLite database.",
            )?,
            peak: book.gauge("process_peak_resident_memory_bytes", "The most memory it ever had in RAM.")?,
            virtual_memory: book.gauge("process_virtual_memory_bytes", "Its address space.")?,
            threads: book.gauge("process_threads", "Its threads.")?,
            cpu: book.float_counter(
                "process_cpu_seconds_total",
                "Processor time it took, as user and in the system.",
            )?,
            open_files: book.gauge("process_open_fds", "Files and connections it has open.")?,
            max_files: book.gauge("process_max_fds", "How many it may have open.")?,
            started: book
                .gauge("process_start_time_seconds", "When it started, in seconds since 1970 (UTC).")?,
        })
    }

    /// It started at this time, in seconds since 1970.
    pub(super) fn started_at(&self, seconds: f64) {
        self.started.set(seconds);
    }

    /// Reads all of it anew.
    pub(super) fn refresh(&self) {
        if let Ok(status) = fs::read_to_string("/proc/self/status") {
            for (name, gauge, unit) in [
                ("VmRSS:", &self.resident, 1_024.0),
                ("RssAnon:", &self.anonymous, 1_024.0),
                ("VmHWM:", &self.peak, 1_024.0),
                ("VmSize:", &self.virtual_memory, 1_024.0),
                ("Threads:", &self.threads, 1.0),
            ] {
                if let Some(value) = number_after(&status, name) {
                    gauge.set(value * unit);
                }
            }
        }
        if let Some(ticks) = fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(cpu_ticks) {
            self.cpu.reset();
            self.cpu.inc_by(ticks / ticks_per_second());
        }
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            // One of them is the folder that is being read.
            self.open_files.set(as_float(files.count().saturating_sub(1) as u64));
        }
        if let Some(limit) = getrlimit(Resource::Nofile).current {
            self.max_files.set(as_float(limit));
        }
    }
}

fn number_after(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The ticks as user and in the system: the 14th and 15th field (proc(5)). The second, the name, is in
/// brackets and may hold anything.
fn cpu_ticks(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some(ticks()? + ticks()?)
}

fn ticks_per_second() -> f64 {
    as_float(rustix::param::clock_ticks_per_second()).max(1.0)
}

#[expect(clippy::cast_precision_loss, reason = "what a process has is far below 2 to the power of 53")]
pub(super) const fn as_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_mislead() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 100 0 0 0 25 17 0 0 20 0 5 0 100 1 1";
        assert_eq!(cpu_ticks(stat), Some(42.0));
        assert_eq!(cpu_ticks("7 (a) S 1"), None);
        assert_eq!(number_after("Name:\ta\nVmRSS:\t   12 kB\n", "VmRSS:"), Some(12.0));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_memory_threads_files_and_took_time() {
        let process = Process::new(&mut Book::default()).unwrap();
        process.refresh();
        let first = process.cpu.get();
        let mut sum = 0_u64;
        while process.cpu.get() < first + 0.02 {
            sum = (0..1_000_000).fold(sum, |sum, number| sum.wrapping_mul(31) ^ number);
            process.refresh();
        }
        assert!(sum != 1);
        assert!(process.resident.get() > 1e6 && process.peak.get() >= process.resident.get());
        assert!(process.virtual_memory.get() >= process.resident.get());
        // The program itself is a file.
        assert!(process.anonymous.get() > 1e5 && process.anonymous.get() < process.resident.get());
        assert!(process.threads.get() >= 1.0);
        assert!(process.open_files.get() >= 3.0 && process.max_files.get() >= process.open_files.get());
    }
}
