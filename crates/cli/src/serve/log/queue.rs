use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How many bytes of lines may wait for the writer thread. The batch that it is writing comes on top.
const QUEUE_BYTES: usize = 1024 * 1024;

/// How long the writer thread waits before it tries again to write to a stream that is in
/// non-blocking mode and has no room.
const WRITE_RETRY_DELAY: Duration = Duration::from_millis(20);

/// How long the writer thread rests after a batch, so that not every line of a busy server costs a
/// switch of threads. The first line after a quiet moment is written immediately.
const REST: Duration = Duration::from_millis(5);

/// How many bytes of lines end the rest.
const RESTING_BYTES: usize = QUEUE_BYTES / 4;

/// A bounded queue of lines with one thread that writes them. A thread that adds a line never waits for
/// the stream: a line that doesn't fit is dropped and counted, and the number of dropped lines is
/// written as soon as the stream accepts bytes again.
#[derive(Debug)]
pub(crate) struct LineQueue {
    state: Mutex<State>,
    /// Notified when the writer thread is to go on.
    filled: Condvar,
    /// Notified when everything has been written.
    drained: Condvar,
    /// All lines that were lost since the start: dropped, or not taken by the stream.
    lost: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// Whole lines that wait to be written.
    waiting: Vec<u8>,
    /// How many lines were dropped since the last batch was taken.
    dropped: u64,
    writer: Writer,
    /// Whether somebody waits until everything is written: the writer thread rests no more.
    hurries: bool,
}

/// What the writer thread does.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Writer {
    /// It waits for a line.
    #[default]
    Waiting,
    /// It was notified of a line, or writes a batch.
    Writing,
    /// It rests until [`REST`] is over.
    Resting,
}

impl State {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.dropped == 0
    }

    /// Whether the writer thread must be notified of what is in the queue.
    fn needs_writer(&self) -> bool {
        match self.writer {
            Writer::Waiting => !self.is_empty(),
            Writer::Writing => false,
            Writer::Resting => {
                self.waiting.len() > RESTING_BYTES || self.hurries && !self.is_empty()
            }
        }
    }
}

impl LineQueue {
    /// Starts the thread that writes to `stream`. `notice` makes the line that says how many lines
    /// were dropped.
    pub(super) fn start(
        stream: impl Write + Send + 'static,
        notice: impl Fn(u64) -> String + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        let queue = Arc::new(Self {
            state: Mutex::default(),
            filled: Condvar::new(),
            drained: Condvar::new(),
            lost: AtomicU64::new(0),
        });
        let writer = Arc::clone(&queue);
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || writer.write_forever(stream, notice))?;
        Ok(queue)
    }

    /// Adds whole lines, either all of them or, if they don't fit, none.
    pub(super) fn push(&self, lines: &[u8]) {
        let mut state = self.lock();
        if state.waiting.len().saturating_add(lines.len()) > QUEUE_BYTES {
            state.dropped += 1;
            self.lost.fetch_add(1, Ordering::Relaxed);
        } else {
            state.waiting.extend_from_slice(lines);
        }
        self.wake_writer(state);
    }

    fn wake_writer(&self, mut state: MutexGuard<'_, State>) {
        if state.needs_writer() {
            state.writer = Writer::Writing;
            // The writer thread finds the queue unlocked.
            drop(state);
            self.filled.notify_one();
        }
    }

    /// Waits until everything is written, but no longer than `limit`.
    pub(super) fn drain(&self, limit: Duration) {
        let mut state = self.lock();
        state.hurries = true;
        self.wake_writer(state);
        let pending = |state: &mut State| state.writer == Writer::Writing || !state.is_empty();
        let waited = self.drained.wait_timeout_while(self.lock(), limit, pending);
        // What is still in the queue then is lost with the process.
        drop(waited);
    }

    /// How many lines were lost since the start, because the queue was full or the stream refused them.
    pub(crate) fn lost_lines(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn write_forever(&self, mut stream: impl Write, notice: impl Fn(u64) -> String) {
        let mut batch = Vec::new();
        loop {
            let dropped = self.take(&mut batch);
            if dropped > 0 {
                batch.extend_from_slice(notice(dropped).as_bytes());
            }
            if write_whole(&mut stream, &batch).is_err() {
                // The reader of the stream is gone. It may come back if the stream is a FIFO.
                let lines = batch.iter().filter(|byte| **byte == b'\n').count();
                self.lost.fetch_add(lines as u64, Ordering::Relaxed);
            }
            self.rest();
        }
    }

    /// Waits for something to write, moves it into `batch`, and returns how many lines were dropped.
    fn take(&self, batch: &mut Vec<u8>) -> u64 {
        batch.clear();
        let mut state = self.lock();
        state.writer = Writer::Waiting;
        let filled = self.filled.wait_while(state, |state| state.is_empty());
        let mut state = filled.unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut state.waiting, batch);
        state.writer = Writer::Writing;
        std::mem::take(&mut state.dropped)
    }

    /// Waits until more lines have gathered, a moment has passed, or somebody waits for the lines.
    fn rest(&self) {
        let mut state = self.lock();
        state.writer = Writer::Resting;
        if state.is_empty() {
            self.drained.notify_all();
        }
        let resting = |state: &mut State| !state.needs_writer() && state.writer == Writer::Resting;
        drop(self.filled.wait_timeout_while(state, REST, resting));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The subscriber writes each line whole, with one call.
impl Write for &LineQueue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_whole(stream: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::WouldBlock => thread::sleep(WRITE_RETRY_DELAY),
                _ => return Err(error),
            },
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, Read, pipe};
    use std::time::Instant;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn notice(dropped: u64) -> String {
        format!("{dropped} dropped\n")
    }

    fn piped() -> (Arc<LineQueue>, PipeReader) {
        let (reader, writer) = pipe().unwrap();
        (LineQueue::start(writer, notice).unwrap(), reader)
    }

    #[test]
    fn lines_arrive_whole_and_in_order() {
        let (queue, mut reader) = piped();
        let expected: String = (0..1000).map(|n| format!("line {n}\n")).collect();
        for line in expected.split_inclusive('\n') {
            (&mut &*queue).write_all(line.as_bytes()).unwrap();
        }
        let mut found = vec![0; expected.len()];
        reader.read_exact(&mut found).unwrap();
        assert_eq!(String::from_utf8(found).unwrap(), expected);
        queue.drain(PATIENCE);
        assert!(queue.lock().is_empty() && queue.lock().writer != Writer::Writing);
        assert_eq!(queue.lost_lines(), 0);
    }

    #[test]
    fn the_end_waits_for_nothing_but_lines() {
        let (queue, mut reader) = piped();
        // At first the writer thread waits, then it has just written and rests.
        for line in [&b""[..], b"one", b"two"] {
            queue.push(line);
            let mut found = vec![0; line.len()];
            reader.read_exact(&mut found).unwrap();
            let began = Instant::now();
            queue.drain(PATIENCE);
            assert!(began.elapsed() < PATIENCE / 2, "after {line:?}");
        }
    }

    #[test]
    fn a_stream_that_is_not_read_delays_no_writer_and_the_loss_is_reported() {
        let (queue, mut reader) = piped();
        let line = [b"x".repeat(999), b"\n".to_vec()].concat();
        let pushed = 3 * QUEUE_BYTES / line.len();
        for _ in 0..pushed {
            queue.push(&line);
        }
        let lost = queue.lost_lines();
        assert!(lost > 0);
        assert!(queue.lock().waiting.len() <= QUEUE_BYTES);
        let began = Instant::now();
        queue.drain(Duration::from_millis(50));
        assert!(began.elapsed() < PATIENCE);

        // Each time that the writer comes to the queue it reports what was dropped before.
        let (mut kept, mut reported) = (0, 0);
        let mut reader = io::BufReader::new(&mut reader);
        while kept + reported < pushed as u64 {
            let mut found = String::new();
            io::BufRead::read_line(&mut reader, &mut found).unwrap();
            match found.strip_suffix(" dropped\n") {
                Some(number) => reported += number.parse::<u64>().unwrap(),
                None => kept += 1,
            }
        }
        assert_eq!((kept + reported, reported), (pushed as u64, lost));
        queue.push(b"after\n");
        let mut found = [0; 6];
        reader.read_exact(&mut found).unwrap();
        assert_eq!(&found, b"after\n");
    }

    #[test]
    fn a_stream_that_is_closed_stops_nothing() {
        let (queue, reader) = piped();
        drop(reader);
        for _ in 0..10 {
            queue.push(b"a\nb\n");
            queue.drain(PATIENCE);
        }
        assert_eq!(queue.lost_lines(), 20);
    }
}
