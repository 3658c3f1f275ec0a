//! What is printed.

use std::time::Duration;

/// What a figure should reach.
#[derive(Clone, Copy)]
pub(crate) enum Reach {
    AtMost(f64),
    AtLeast(f64),
}

/// The rows so far. Each is printed as soon as it is known.
pub(crate) struct Table {
    rows: usize,
    short: Vec<String>,
}

impl Table {
    pub(crate) fn begin() -> Self {
        println!(
            "{:<47} {:>15} {:>15} {:>9}  {:<10}",
            "what", "Keyfront", "beside it", "ratio", "reach"
        );
        Self {
            rows: 0,
            short: Vec::new(),
        }
    }

    /// Two figures, and what the first divided by the second should reach.
    pub(crate) fn ratio(&mut self, what: &str, ours: Figure, peer: Figure, reach: Reach) {
        let ratio = ours.value / peer.value;
        let (ours, peer) = (ours.text(), peer.text());
        self.print(what, &ours, &peer, ratio, "x", reach);
    }

    /// One figure with a bound of its own.
    pub(crate) fn bound(&mut self, what: &str, value: f64, unit: &'static str, reach: Reach) {
        let ours = Figure { value, unit }.text();
        self.print(what, &ours, "", value, unit, reach);
    }

    /// What there is to say about a row.
    pub(crate) fn note(&self, text: &str) {
        println!("    {text}");
    }

    pub(crate) fn left_out(&self, what: &str, why: &str) {
        println!("{what:<47} left out: {why}");
    }

    fn print(&mut self, what: &str, ours: &str, peer: &str, figure: f64, unit: &str, reach: Reach) {
        let (holds, reach) = match reach {
            Reach::AtMost(most) => (figure <= most, format!("<= {most}")),
            Reach::AtLeast(least) => (figure >= least, format!(">= {least}")),
        };
        let verdict = if holds { "ok" } else { "SHORT" };
        let figure = format!("{figure:.2} {unit}");
        println!("{what:<47} {ours:>15} {peer:>15} {figure:>9}  {reach:<10} {verdict}");
        self.rows += 1;
        if !holds {
            self.short.push(what.to_owned());
        }
    }

    pub(crate) fn end(self) {
        println!();
        println!(
            "{} of {} as wanted",
            self.rows - self.short.len(),
            self.rows
        );
        for what in self.short {
            println!("short: {what}");
        }
    }
}

/// A number and what it counts.
#[derive(Clone, Copy)]
pub(crate) struct Figure {
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
}

impl Figure {
    pub(crate) fn rate(value: f64) -> Self {
        Self { value, unit: "/s" }
    }

    pub(crate) fn micros(time: Duration) -> Self {
        Self {
            value: time.as_secs_f64() * 1e6,
            unit: "us",
        }
    }

    pub(crate) fn millis(time: Duration) -> Self {
        Self {
            value: time.as_secs_f64() * 1e3,
            unit: "ms",
        }
    }

    fn text(self) -> String {
        let digits = if self.value < 1000.0 { 1 } else { 0 };
        format!("{:.digits$} {}", self.value, self.unit)
    }
}

/// The one in the middle.
pub(crate) fn median<T: PartialOrd + Copy>(values: &[T]) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap());
    sorted[sorted.len() / 2]
}
