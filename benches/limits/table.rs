//! What is printed.

use std::time::Duration;

/// What a figure should reach.
#[derive(Clone, Copy)]
pub(crate) enum Reach {
    AtMost(f64),
    AtLeast(f64),
}

impl Reach {
    /// Whether a larger figure is a worse one.
    fn is_at_most(self) -> bool {
        matches!(self, Self::AtMost(_))
    }
}

/// A row's figure as another process reads it, see [`crate::compare`].
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) figure: f64,
    pub(crate) less_is_better: bool,
}

impl Row {
    /// Begins a line that is meant for another process.
    const MARK: &str = "row\t";

    fn line(&self) -> String {
        let Self {
            what,
            figure,
            less_is_better,
        } = self;
        format!("{}{what}\t{figure}\t{less_is_better}", Self::MARK)
    }

    /// The row of a line; `None` if the line is meant for people.
    pub(crate) fn of_line(line: &str) -> Option<Self> {
        let mut fields = line.strip_prefix(Self::MARK)?.split('\t');
        Some(Self {
            what: fields.next()?.to_owned(),
            figure: fields.next()?.parse().ok()?,
            less_is_better: fields.next()?.parse().ok()?,
        })
    }
}

/// The rows so far. Each is printed as soon as it is known.
pub(crate) struct Table {
    rows: usize,
    short: Vec<String>,
    /// Whether another process reads the rows.
    is_for_process: bool,
}

impl Table {
    pub(crate) fn begin(is_for_process: bool) -> Self {
        println!(
            "{:<47} {:>15} {:>15} {:>9}  {:<10}",
            "what", "Keyfront", "beside it", "ratio", "reach"
        );
        Self {
            rows: 0,
            short: Vec::new(),
            is_for_process,
        }
    }

    /// Whether the rows are compared with those of another program.
    pub(crate) fn is_for_process(&self) -> bool {
        self.is_for_process
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
        let is_at_most = reach.is_at_most();
        let (holds, reach) = match reach {
            Reach::AtMost(most) => (figure <= most, format!("<= {most}")),
            Reach::AtLeast(least) => (figure >= least, format!(">= {least}")),
        };
        let verdict = if holds { "ok" } else { "SHORT" };
        if self.is_for_process {
            let row = Row {
                what: what.to_owned(),
                figure,
                less_is_better: is_at_most,
            };
            println!("{}", row.line());
        }
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
