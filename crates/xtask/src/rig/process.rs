//! What the kernel says of a running process.

use std::fs;

/// Linux counts processor time in hundredths of a second, whatever its own clock does.
const TICKS_PER_SECOND: f64 = 100.0;
const KIB_PER_MB: f64 = 1_000_000.0 / 1_024.0;

/// The memory of a process, in MB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Memory {
    /// Now.
    pub(crate) resident: f64,
    /// At most, since it started.
    pub(crate) peak: f64,
}

/// The memory of this process; `None` when it has ended.
pub(crate) fn memory(pid: u32) -> Option<Memory> {
    parse_memory(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// The seconds of processor time that this process has used, in all its threads; `None` when it
/// is gone.
pub(crate) fn cpu_seconds(pid: u32) -> Option<f64> {
    parse_cpu(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The processor of this machine, as it calls itself.
pub(crate) fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let (_, name) = text.lines().find(|line| line.starts_with("model name"))?.split_once(':')?;
    Some(name.trim().to_owned())
}

fn parse_memory(status: &str) -> Option<Memory> {
    let megabytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u32 = line.strip_suffix("kB")?.trim().parse().ok()?;
        Some(f64::from(kib) / KIB_PER_MB)
    };
    // One that has ended and is not yet buried has neither line.
    Some(Memory { resident: megabytes("VmRSS:")?, peak: megabytes("VmHWM:")? })
}

fn parse_cpu(stat: &str) -> Option<f64> {
    // The name of the program comes first, in parentheses, and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<u32>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some((f64::from(user) + f64::from(system)) / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_megabytes() {
        let status = "Name:\tx\nVmHWM:\t   15625 kB\nVmRSS:\t    7812 kB\nThreads:\t4\n";
        let memory = parse_memory(status).unwrap();
        assert!((memory.peak - 16.0).abs() < 0.001 && (memory.resident - 8.0).abs() < 0.001, "{memory:?}");
    }

    #[test]
    fn a_process_that_has_ended_has_no_memory() {
        assert_eq!(parse_memory("Name:\tx\nState:\tZ (zombie)\n"), None);
    }

    #[test]
    fn the_time_is_found_behind_any_name() {
        let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194304 100 0 0 0 150 75 0 0 20 0 9 0 12345 1 2 3";
        assert_eq!(parse_cpu(stat), Some(2.25));
        assert_eq!(parse_cpu("42 (short) S 1"), None);
    }

    #[test]
    fn this_process_can_be_looked_at() {
        let pid = std::process::id();
        assert!(memory(pid).is_some_and(|memory| memory.peak >= memory.resident && memory.resident > 0.1));
        assert!(cpu_seconds(pid).is_some());
    }
}
