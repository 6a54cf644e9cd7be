//! What the kernel says about this process, read at each scrape.
//!
//! The names are the ones that every Prometheus dashboard knows. Outside Linux the text is empty.

use std::fmt::Write as _;
use std::fs;
use std::sync::OnceLock;

/// `USER_HZ`, in which the kernel counts CPU and start times; 100 on every Linux platform.
const TICKS_PER_SECOND: f64 = 100.0;

#[derive(Debug, Default)]
pub(super) struct Process {
    start_seconds: OnceLock<Option<f64>>,
}

impl Process {
    /// Memory in use; 0 where the system does not tell.
    #[expect(clippy::unused_self, reason = "the process is one")]
    pub(super) fn resident_bytes(&self) -> u64 {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        resident_kibibytes(&status).unwrap_or_default().saturating_mul(1024)
    }

    /// Appends the exposition lines of what could be read.
    pub(super) fn render(&self, out: &mut String) {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let cpu = stat_field(&stat, 14).zip(stat_field(&stat, 15));
        let began = *self.start_seconds.get_or_init(|| start_seconds(&stat));
        let lines: [(&str, &str, &str, Option<f64>); 7] = [
            (
                "process_cpu_seconds_total",
                "counter",
                "User and system CPU time spent, in seconds.",
                cpu.map(|(user, system)| (user + system) / TICKS_PER_SECOND),
            ),
            (
                "process_resident_memory_bytes",
                "gauge",
                "Resident memory, in bytes.",
                status_bytes(&status, "VmRSS:"),
            ),
            (
                "process_virtual_memory_bytes",
                "gauge",
                "Virtual memory, in bytes.",
                status_bytes(&status, "VmSize:"),
            ),
            ("process_threads", "gauge", "Operating system threads.", stat_field(&stat, 20)),
            ("process_open_fds", "gauge", "Open file descriptors.", open_fds()),
            ("process_max_fds", "gauge", "Most file descriptors that may be open.", max_fds(&limits)),
            ("process_start_time_seconds", "gauge", "Start of the process, in seconds since 1970.", began),
        ];
        for (name, kind, help, value) in lines {
            if let Some(value) = value {
                // Writing to a String cannot fail.
                let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
            }
        }
    }
}

/// A field of /proc/self/stat, counted from 1 as in proc(5). The name, field 2, may hold blanks.
fn stat_field(stat: &str, number: usize) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(number.checked_sub(3)?)?.parse().ok()
}

fn resident_kibibytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A line of /proc/self/status, which counts in kibibytes.
fn status_bytes(status: &str, label: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(label))?;
    let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024.0)
}

fn open_fds() -> Option<f64> {
    // One of them is the listing itself.
    let count = fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1);
    u32::try_from(count).ok().map(f64::from)
}

fn max_fds(limits: &str) -> Option<f64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn start_seconds(stat: &str) -> Option<f64> {
    let kernel = fs::read_to_string("/proc/stat").ok()?;
    let boot: f64 = kernel.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(boot + stat_field(stat, 22)? / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_with_blanks_and_brackets_shifts_no_field() {
        let stat = "42 (a b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 7 0 1234 0";
        assert_eq!(stat_field(stat, 14), Some(250.0));
        assert_eq!(stat_field(stat, 15), Some(50.0));
        assert_eq!(stat_field(stat, 20), Some(7.0));
        assert_eq!(stat_field(stat, 22), Some(1234.0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn every_value_can_be_read_here() {
        let mut out = String::new();
        Process::default().render(&mut out);
        let values: Vec<f64> = out
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(|line| line.split(' ').nth(1).unwrap().parse().unwrap())
            .collect();
        assert_eq!(values.len(), 7, "{out}");
        assert!(values[6] > 1_600_000_000.0, "{out}");
    }
}
