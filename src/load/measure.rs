//! Figures: what a server did in a time, how far figures spread, and what the disk can do.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// How long the disk is probed at a time.
const PROBE: Duration = Duration::from_millis(200);
/// The share of its core from which on a generator may be what was measured.
const GENERATOR_BUSY: f64 = 0.9;

/// What one server did in one slot or in one round.
#[derive(Debug, Clone, Copy, Default)]
pub struct Score {
    /// Units of work.
    pub answers: f64,
    pub seconds: f64,
    pub cpu_seconds: f64,
    pub generator_seconds: f64,
}

impl Score {
    /// Of both times together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            answers: self.answers + other.answers,
            seconds: self.seconds + other.seconds,
            cpu_seconds: self.cpu_seconds + other.cpu_seconds,
            generator_seconds: self.generator_seconds + other.generator_seconds,
        }
    }

    pub fn per_second(self) -> f64 {
        self.answers / self.seconds
    }

    pub fn per_cpu_second(self) -> f64 {
        self.answers / self.cpu_seconds.max(0.01)
    }

    /// Whether the generator may be what was measured.
    pub fn is_generator_bound(self) -> bool {
        self.generator_seconds / self.seconds > GENERATOR_BUSY
    }
}

/// The median, and the least and the greatest.
pub fn spread(figures: &mut [f64]) -> anyhow::Result<String> {
    figures.sort_by(f64::total_cmp);
    let at = |index: usize| figures.get(index).copied().context("nothing was measured");
    let (low, middle, high) = (at(0)?, at(figures.len() / 2)?, at(figures.len().saturating_sub(1))?);
    Ok(if high < 20.0 {
        format!("{middle:.2} ({low:.2}–{high:.2})")
    } else {
        format!("{middle:.0} ({low:.0}–{high:.0})")
    })
}

/// What the disk can do: small appends, each flushed, as the log of a database is.
pub fn flushes_per_second(folder: &Path) -> anyhow::Result<f64> {
    let mut file = OpenOptions::new().create(true).append(true).open(folder.join("probe"))?;
    let begun = Instant::now();
    let mut flushes = 0.0;
    while begun.elapsed() < PROBE {
        file.write_all(&[1; 4096])?;
        file.sync_data()?;
        flushes += 1.0;
    }
    Ok(flushes / begun.elapsed().as_secs_f64())
}
