use std::alloc::Layout;
use std::ffi::{c_int, c_void};
use std::mem::size_of;
use std::ptr::{self, NonNull};
use std::time::Duration;

use bytes::Bytes;
use rlsf::{GRANULARITY, Tlsf};
use rquickjs_sys::{JS_SetGCThreshold, JSMallocFunctions, JSRuntime, size_t};
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};

use super::clock::{now, thread_cpu_time};

/// Where the memory of one engine lies: one mapping, which begins with the allocator that divides the rest.
///
/// All of the engine's state is in it, and nothing in it is owned by anything outside. So the bytes of an earlier moment, copied
/// back, are the engine of that moment.
pub(super) struct Arena {
    base: NonNull<u8>,
    size: usize,
}

/// Blocks up to `32 << FIRST_LEVELS` bytes, more than any arena has.
const FIRST_LEVELS: usize = 24;
const SECOND_LEVELS: usize = 16;

type Allocator = Tlsf<'static, u32, u16, FIRST_LEVELS, SECOND_LEVELS>;

/// What lies at the beginning of the mapping. It is saved and restored with everything else, so that each run starts with
/// the same counters.
#[repr(C)]
struct Header {
    allocator: Allocator,
    meter: Meter,
}

/// What the engine has used, and may use.
pub(super) struct Meter {
    /// Bytes that are allocated.
    pub(super) used: usize,
    /// The most that `used` may be.
    pub(super) limit: usize,
    /// How far from the arena's beginning the engine ever had memory.
    high: usize,
    /// Set when `used` would have gone beyond `limit`. The run fails, whatever the function makes of it.
    pub(super) exhausted: bool,
    /// Set when the deadline had passed at a check. The run fails as well.
    pub(super) late: bool,
    /// The processor time of the thread at which a run is late.
    deadline: Duration,
    /// Before this time of the clock it can't be: a thread uses no more time than passes, but for a tick of that clock.
    earliest: Duration,
    /// Allocations and bytes since the clock was last read.
    unchecked: (u32, usize),
    /// Bytes that may be allocated although the run has used up its memory or time.
    grace: usize,
    /// What was allocated when the run began.
    base: usize,
    controls: Option<Controls>,
}

/// What of the engine the meter changes.
#[derive(Clone, Copy)]
pub(super) struct Controls {
    pub(super) runtime: *mut JSRuntime,
    /// Where it counts its steps down to the next time that it asks the brake.
    pub(super) countdown: *mut c_int,
}

/// How often the allocator reads the clock.
const CHECK_ALLOCATIONS: u32 = 64;
const CHECK_BYTES: usize = 16 * 1024;

/// How many steps the engine may make before it asks again, times the bytes that the run has allocated. A step may go over all of
/// these: sorting numbers takes 30 ns for each byte at worst, most takes less than one.
const STEP_BYTES: usize = 1 << 21;

/// Up to so many bytes make no difference: asking every 512 steps costs nothing that can be measured.
const UNNOTED_BYTES: usize = 4096;

/// What a run may allocate after it has used up its memory or time, until the engine asks whether to stop it. A refusal would come
/// where the engine expects one least: some of its paths for it are wrong, and a function can catch it. Only what asks for
/// more than this, or does not come to be asked, is refused.
const GRACE_BYTES: usize = 1 << 20;

/// Room for the error that ends a run. Without it that error would be one of memory, which a function can catch.
const GRACE_BYTES_TO_STOP: usize = 32 * 1024;

/// What stands before each block: its size, of which `realloc` and the engine's own accounting are told by nobody else. It is as
/// large as the alignment that C expects of `malloc`.
const BLOCK_HEADER: usize = 16;

/// A block's alignment: that of C's `malloc`.
const ALIGNMENT: usize = 16;

const PAGE: usize = 4096;

/// In what steps two states of an arena are compared.
const CHUNK: usize = 1024;

/// What the allocator keeps at the end of its pool, which is the end of the mapping.
const POOL_END: usize = GRANULARITY;

/// The allocator writes the header of its last free block after the last block.
const FREE_BLOCK_HEADER: usize = 64;

/// How far a run may have gone beyond the image before its pages are given back to the system.
const KEPT_BEYOND_IMAGE: usize = 256 * 1024;

/// Advice by which the system takes pages back at once.
#[cfg(target_os = "linux")]
const GIVE_BACK: Advice = Advice::LinuxDontNeed;
#[cfg(not(target_os = "linux"))]
const GIVE_BACK: Advice = Advice::DontNeed;

impl Meter {
    /// Lets the engine use so much processor time from now on, at which the thread has used `began`.
    pub(super) fn allow(&mut self, began: Duration, time: Duration) {
        self.deadline = began.saturating_add(time);
        self.earliest = now().saturating_add(time);
        self.base = self.used;
    }

    /// Tells what of the engine to change.
    ///
    /// # Safety
    ///
    /// Both of the engine's parts live as long as the meter, and this thread alone uses them.
    pub(super) unsafe fn set_controls(&mut self, controls: Controls) {
        self.controls = Some(controls);
    }

    /// Has the engine ask the sooner the more the run has allocated, with so many bytes more; and at its next step if the run is
    /// to be stopped.
    pub(super) fn hasten(&mut self, more: usize) {
        if self.exhausted || self.late {
            self.ask_within(1);
            self.collect_nothing();
            return;
        }
        let allocated = self
            .used
            .saturating_add(more)
            .saturating_sub(self.base)
            .max(UNNOTED_BYTES);
        self.ask_within(c_int::try_from(STEP_BYTES / allocated).unwrap_or(c_int::MAX));
    }

    /// Has the engine ask after so many steps, if it would not sooner.
    pub(super) fn ask_within(&mut self, steps: c_int) {
        if let Some(Controls { countdown, .. }) = self.controls {
            // SAFETY: the promise of `set_controls`. The engine keeps no copy of it while it calls or allocates.
            unsafe { countdown.write(steps.max(1).min(countdown.read())) };
        }
    }

    /// Keeps the engine from collecting garbage until it is restored. Where it is refused memory it makes an error, which may collect,
    /// while what the memory was for can be in a state that a collection doesn't bear: an object of many properties.
    fn collect_nothing(&mut self) {
        if let Some(Controls { runtime, .. }) = self.controls {
            // SAFETY: the promise of `set_controls`. The engine notes the number, and does nothing else.
            unsafe { JS_SetGCThreshold(runtime, size_t::MAX) };
        }
    }

    /// The run is to be stopped, as there is no memory for it.
    fn exhaust(&mut self) {
        self.exhausted = true;
        self.hasten(0);
    }

    /// Whether the run has used up its time. Reads the clock; that of processor time, which takes a system call, only when it may
    /// tell of one that is late.
    pub(super) fn is_late(&mut self) -> bool {
        self.late = self.late || (now() >= self.earliest && thread_cpu_time() > self.deadline);
        self.late
    }

    /// Whether the run is to be stopped. Reads the clock.
    pub(super) fn stops(&mut self) -> bool {
        let stops = self.exhausted || self.is_late();
        if stops {
            self.grace = self.grace.max(GRACE_BYTES_TO_STOP);
        }
        stops
    }

    /// Whether a block of so many bytes may be allocated.
    fn admits(&mut self, size: usize) -> bool {
        if !self.exhausted && !self.late {
            if self.used.saturating_add(size) > self.limit {
                self.exhausted = true;
            } else if !self.is_time_to_check(size) {
                return true;
            }
            let stops = self.exhausted || self.is_late();
            self.hasten(size);
            if !stops {
                return true;
            }
            self.grace = GRACE_BYTES;
        }
        let admits = size <= self.grace;
        if admits {
            self.grace -= size;
        }
        admits
    }

    fn is_time_to_check(&mut self, size: usize) -> bool {
        self.unchecked.0 += 1;
        self.unchecked.1 = self.unchecked.1.saturating_add(size);
        let is_time = self.unchecked.0 >= CHECK_ALLOCATIONS || self.unchecked.1 >= CHECK_BYTES;
        if is_time {
            self.unchecked = (0, 0);
        }
        is_time
    }
}

impl Arena {
    /// An arena in which the engine may have `limit` bytes; the mapping is larger, since memory that is freed and used again in
    /// other sizes is divided less well.
    pub(super) fn new(limit: usize) -> std::io::Result<Self> {
        let size = (limit.saturating_mul(2) + (1 << 20)).next_multiple_of(PAGE);
        let read_write = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new private mapping, wherever the system has room for it.
        let base = unsafe { mmap_anonymous(ptr::null_mut(), size, read_write, MapFlags::PRIVATE)? };
        let base = NonNull::new(base.cast::<u8>()).ok_or(std::io::ErrorKind::OutOfMemory)?;
        let arena = Self { base, size };
        let first = size_of::<Header>().next_multiple_of(GRANULARITY);
        // SAFETY: the header is smaller than its pages, which are mapped and aligned; the pool is the rest of the
        // mapping, which nothing else uses for as long as the arena lives.
        unsafe {
            let header = base.cast::<Header>();
            header.write(Header {
                allocator: Allocator::new(),
                meter: Meter {
                    used: 0,
                    limit,
                    high: first,
                    exhausted: false,
                    late: false,
                    deadline: Duration::MAX,
                    earliest: Duration::MAX,
                    unchecked: (0, 0),
                    grace: 0,
                    base: 0,
                    controls: None,
                },
            });
            let pool = NonNull::slice_from_raw_parts(base.add(first), size - first);
            (*header.as_ptr()).allocator.insert_free_block_ptr(pool);
        }
        Ok(arena)
    }

    /// The functions by which the engine allocates, each with [`Self::opaque`] as its first argument.
    pub(super) const FUNCTIONS: JSMallocFunctions = JSMallocFunctions {
        js_calloc: Some(calloc),
        js_malloc: Some(malloc),
        js_free: Some(free),
        js_realloc: Some(realloc),
        js_malloc_usable_size: Some(usable_size),
    };

    /// What the engine hands to the functions.
    pub(super) fn opaque(&self) -> *mut c_void {
        self.base.as_ptr().cast()
    }

    /// The meter of the engine in this arena.
    pub(super) fn meter(&mut self) -> &mut Meter {
        // SAFETY: the header was written in `new`, and the engine, which changes it too, runs on this thread
        // and not while the reference lives.
        unsafe { &mut (*self.base.cast::<Header>().as_ptr()).meter }
    }

    /// Copies everything that the engine has.
    pub(super) fn save(&mut self) -> Saved {
        let (end, tail) = self.ends();
        Saved {
            pieces: vec![self.copy(0, end), self.copy(tail, self.size)],
            own: end + self.size - tail,
        }
    }

    /// Copies what the engine has, without the bytes that are still as they were in `earlier`: of these a copy is kept already.
    pub(super) fn save_since(&mut self, earlier: &Saved) -> Saved {
        let (end, tail) = self.ends();
        let Some(front) = earlier.pieces.first() else {
            return self.save();
        };
        let shared = front.bytes.len().min(end);
        let (mut pieces, mut own) = (Vec::new(), 0);
        let mut at = 0;
        while at < shared {
            let is_same = |at: usize| self.bytes(at, at + CHUNK) == &front.bytes[at..at + CHUNK];
            let same = is_same(at);
            let mut to = at + CHUNK;
            while to < shared && is_same(to) == same {
                to += CHUNK;
            }
            pieces.push(if same {
                front.part(at, to)
            } else {
                own += to - at;
                self.copy(at, to)
            });
            at = to;
        }
        pieces.push(self.copy(shared, end));
        pieces.push(self.copy(tail, self.size));
        own += end - shared + self.size - tail;
        Saved { pieces, own }
    }

    /// Where the free memory that follows the last block begins, after a whole [`CHUNK`], and where it ends.
    fn ends(&mut self) -> (usize, usize) {
        // SAFETY: as in `meter`.
        let header = unsafe { &mut *self.base.cast::<Header>().as_ptr() };
        // No other free block is as large as half of the arena.
        let half = Layout::from_size_align(self.size / 2, ALIGNMENT).ok();
        let last = half.and_then(|half| header.allocator.allocate(half));
        let end = match last {
            Some(block) => {
                // SAFETY: it was allocated in the line above, with this alignment.
                unsafe { header.allocator.deallocate(block, ALIGNMENT) };
                block.as_ptr() as usize - self.base.as_ptr() as usize
            }
            None => header.meter.high,
        };
        let end = (end + FREE_BLOCK_HEADER).next_multiple_of(CHUNK);
        (end, (self.size - POOL_END).max(end))
    }

    fn bytes(&self, from: usize, to: usize) -> &[u8] {
        assert!(from <= to && to <= self.size);
        // SAFETY: the range lies in the mapping, and the engine doesn't run while the arena is borrowed.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr().add(from), to - from) }
    }

    fn copy(&self, from: usize, to: usize) -> Piece {
        Piece {
            at: from,
            bytes: Bytes::copy_from_slice(self.bytes(from, to)),
        }
    }

    /// Makes the engine again what it was when `saved` was made.
    ///
    /// # Safety
    ///
    /// `saved` is of this arena, and no value of the engine that was made since is used any more.
    pub(super) unsafe fn restore(&mut self, saved: &Saved) {
        if self.meter().high > saved.end() + KEPT_BEYOND_IMAGE {
            // SAFETY: what lies beyond is free memory once the engine is restored.
            unsafe { self.give_back(saved.end()) };
        }
        for piece in &saved.pieces {
            // SAFETY: the pieces are of this arena, so that they lie in it. What lies between them is free memory, whose contents
            // the allocator doesn't read.
            unsafe {
                let to = self.base.as_ptr().add(piece.at);
                ptr::copy_nonoverlapping(piece.bytes.as_ptr(), to, piece.bytes.len());
            }
        }
    }

    /// Overwrites the free memory beyond `saved` that was in use since.
    ///
    /// # Safety
    ///
    /// No value of the engine that was made since `saved` is used any more, and the engine is restored before it runs.
    pub(super) unsafe fn wipe(&mut self, saved: &Saved) {
        let (from, to) = (saved.end(), self.meter().high.min(self.size - POOL_END));
        if to > from {
            // SAFETY: the range lies in the mapping, and is free.
            unsafe { ptr::write_bytes(self.base.as_ptr().add(from), 0, to - from) };
        }
    }

    /// # Safety
    ///
    /// Nothing that lies from there on is used, but for the last page.
    unsafe fn give_back(&mut self, from: usize) {
        let from = from.next_multiple_of(PAGE);
        let length = (self.size - PAGE).saturating_sub(from);
        // SAFETY: the caller's promise. If the system doesn't take the pages back they stay ours, which is no fault.
        let _ = unsafe { madvise(self.base.as_ptr().add(from).cast(), length, GIVE_BACK) };
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: the mapping was made in `new`; whoever drops the arena has dropped the engine in it.
        // It fails for no mapping of ours.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.size) };
    }
}

/// What an arena held at a moment: everything up to the free memory at its end, and the end of the allocator's pool.
pub(super) struct Saved {
    /// In the order in which they lie, each but the last of whole [`CHUNK`]s.
    pieces: Vec<Piece>,
    /// How many of its bytes no earlier copy has.
    own: usize,
}

struct Piece {
    at: usize,
    bytes: Bytes,
}

impl Piece {
    /// A part of it, without a copy of its own.
    fn part(&self, from: usize, to: usize) -> Self {
        Self {
            at: self.at + from,
            bytes: self.bytes.slice(from..to),
        }
    }
}

impl Saved {
    /// Where the free memory begins.
    fn end(&self) -> usize {
        let last = self.pieces.iter().rev().nth(1);
        last.map_or(0, |piece| piece.at + piece.bytes.len())
    }

    /// How many bytes the copy has that no earlier copy has.
    pub(super) fn bytes(&self) -> usize {
        self.own
    }
}

/// The header of the arena that the engine hands back.
///
/// # Safety
///
/// `opaque` is [`Arena::opaque`] of a live arena, on the thread that the arena belongs to.
unsafe fn header<'a>(opaque: *mut c_void) -> &'a mut Header {
    // SAFETY: the caller's promise; allocation functions are never entered twice at a time.
    unsafe { &mut *opaque.cast::<Header>() }
}

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size.checked_add(BLOCK_HEADER)?, ALIGNMENT).ok()
}

/// Writes a block's size, notes how far it reaches, and gives out what lies after its header.
///
/// # Safety
///
/// `block` was just allocated with `layout(size)` in the arena of `header`.
unsafe fn hand_out(header: &mut Header, block: NonNull<u8>, size: usize) -> *mut c_void {
    let base = ptr::from_ref::<Header>(header) as usize;
    let end = block.as_ptr() as usize - base + BLOCK_HEADER + size;
    header.meter.high = header.meter.high.max(end);
    // SAFETY: the block has room for its header, and is aligned for it.
    unsafe {
        block.cast::<usize>().write(size);
        block.add(BLOCK_HEADER).as_ptr().cast()
    }
}

unsafe extern "C" fn malloc(opaque: *mut c_void, size: size_t) -> *mut c_void {
    // SAFETY: the engine hands back what it was given.
    let header = unsafe { header(opaque) };
    let size = size as usize;
    let Some(layout) = layout(size) else {
        header.meter.exhaust();
        return ptr::null_mut();
    };
    if !header.meter.admits(size) {
        return ptr::null_mut();
    }
    let Some(block) = header.allocator.allocate(layout) else {
        header.meter.exhaust();
        return ptr::null_mut();
    };
    header.meter.used += size;
    // SAFETY: it was allocated in the line above.
    unsafe { hand_out(header, block, size) }
}

unsafe extern "C" fn calloc(opaque: *mut c_void, count: size_t, size: size_t) -> *mut c_void {
    let Some(bytes) = count.checked_mul(size) else {
        // SAFETY: the engine hands back what it was given.
        unsafe { header(opaque) }.meter.exhaust();
        return ptr::null_mut();
    };
    // SAFETY: the same arguments.
    let block = unsafe { malloc(opaque, bytes) };
    if !block.is_null() {
        // SAFETY: the block has that many bytes.
        unsafe { ptr::write_bytes(block.cast::<u8>(), 0, bytes as usize) };
    }
    block
}

unsafe extern "C" fn free(opaque: *mut c_void, block: *mut c_void) {
    let Some(block) = NonNull::new(block.cast::<u8>()) else {
        return;
    };
    // SAFETY: the engine frees each block once, and it has the header that `hand_out` wrote.
    unsafe {
        let header = header(opaque);
        let block = block.sub(BLOCK_HEADER);
        header.meter.used -= block.cast::<usize>().read();
        header.allocator.deallocate(block, ALIGNMENT);
    }
}

unsafe extern "C" fn realloc(opaque: *mut c_void, block: *mut c_void, size: size_t) -> *mut c_void {
    let Some(block) = NonNull::new(block.cast::<u8>()) else {
        // SAFETY: the same arguments.
        return unsafe { malloc(opaque, size) };
    };
    let size = size as usize;
    // SAFETY: as in `free`; where the block can't grow it stays as it is, as C demands.
    unsafe {
        let header = header(opaque);
        let block = block.sub(BLOCK_HEADER);
        let old = block.cast::<usize>().read();
        let Some(layout) = layout(size) else {
            header.meter.exhaust();
            return ptr::null_mut();
        };
        if size > old && !header.meter.admits(size - old) {
            return ptr::null_mut();
        }
        let Some(block) = header.allocator.reallocate(block, layout) else {
            header.meter.exhaust();
            return ptr::null_mut();
        };
        header.meter.used = header.meter.used - old + size;
        hand_out(header, block, size)
    }
}

unsafe extern "C" fn usable_size(block: *const c_void) -> size_t {
    if block.is_null() {
        return 0;
    }
    // SAFETY: the engine asks of blocks that it has, each with the header that `hand_out` wrote.
    unsafe { block.cast::<u8>().sub(BLOCK_HEADER).cast::<usize>().read() as size_t }
}

#[cfg(test)]
mod tests {
    use rquickjs_sys::JS_NewRuntime2;

    use super::*;

    fn filled(arena: &Arena, size: usize, byte: u8) -> *mut c_void {
        // SAFETY: the arena lives, and the block has `size` bytes.
        unsafe {
            let block = malloc(arena.opaque(), size as size_t);
            assert!(!block.is_null(), "{size} bytes");
            ptr::write_bytes(block.cast::<u8>(), byte, size);
            block
        }
    }

    #[test]
    fn what_is_restored_is_what_was_saved() {
        let mut arena = Arena::new(4 << 20).unwrap();
        let kept = filled(&arena, 5000, 7);
        let freed = filled(&arena, 300, 8);
        // SAFETY: it was allocated above.
        unsafe { free(arena.opaque(), freed) };
        let saved = arena.save();
        let mut first = Vec::new();
        for round in 0..20 {
            // SAFETY: no block of an earlier round is used.
            unsafe { arena.restore(&saved) };
            let mut blocks = vec![filled(&arena, 300, 9)];
            for size in [1, 16, 4096, 100_000, 1_000_000] {
                blocks.push(filled(&arena, size, 9));
            }
            // SAFETY: they are blocks of this round, and `kept` was there before it.
            unsafe {
                let grown = realloc(arena.opaque(), blocks[3], 200_000);
                blocks[3] = grown;
                ptr::write_bytes(kept.cast::<u8>(), 1, 5000);
                free(arena.opaque(), blocks[2]);
                free(arena.opaque(), kept);
            }
            if round == 0 {
                first = blocks;
            } else {
                assert_eq!(blocks, first, "the same requests have the same answers");
            }
        }
        // SAFETY: `kept` is a block again.
        unsafe {
            arena.restore(&saved);
            let bytes = std::slice::from_raw_parts(kept.cast::<u8>(), 5000);
            assert!(bytes.iter().all(|byte| *byte == 7));
            assert_eq!(usable_size(kept), 5000);
        }
        assert_eq!(arena.meter().used, 5000);
    }

    #[test]
    fn what_is_saved_since_has_copies_of_what_has_changed_alone() {
        let mut arena = Arena::new(4 << 20).unwrap();
        let kept = filled(&arena, 100_000, 7);
        let bare = arena.save();
        let mut states = Vec::new();
        for byte in [1, 2] {
            // SAFETY: no block of the other state is used; `kept` is a block of both.
            unsafe {
                arena.restore(&bare);
                ptr::write_bytes(kept.cast::<u8>().add(50_000), byte, 100);
            }
            let own = filled(&arena, 9000 * usize::from(byte), byte);
            let saved = arena.save_since(&bare);
            assert!(saved.bytes() < 40_000, "{}", saved.bytes());
            states.push((saved, own, byte));
        }
        for (saved, own, byte) in states.iter().chain(states.iter().rev()) {
            let size = 9000 * usize::from(*byte);
            // SAFETY: both are blocks of the state that is restored.
            unsafe {
                arena.restore(saved);
                let own = std::slice::from_raw_parts(own.cast::<u8>(), size);
                assert!(own.iter().all(|found| found == byte));
                let kept = std::slice::from_raw_parts(kept.cast::<u8>(), 100_000);
                assert_eq!(kept[50_050], *byte);
                assert_eq!(kept[49_000], 7);
            }
            assert_eq!(arena.meter().used, 100_000 + size);
            filled(&arena, 500_000, 9);
        }
    }

    #[test]
    fn what_is_free_is_wiped() {
        let mut arena = Arena::new(4 << 20).unwrap();
        filled(&arena, 5000, 7);
        let saved = arena.save();
        let secret = filled(&arena, 50_000, 42);
        // SAFETY: the block is not used any more but to look at its memory, which stays mapped.
        unsafe {
            arena.wipe(&saved);
            arena.restore(&saved);
            let bytes = std::slice::from_raw_parts(secret.cast::<u8>(), 50_000);
            assert!(bytes.iter().all(|byte| *byte != 42));
        }
    }

    #[test]
    fn the_engine_asks_sooner_the_more_is_allocated() {
        const FROM: c_int = 10_000;
        let mut steps = FROM;
        let countdown = &raw mut steps;
        let mut arena = Arena::new(4 << 20).unwrap();
        filled(&arena, 1 << 20, 1);
        arena.meter().allow(Duration::MAX, Duration::MAX);
        let memory = Arena::new(1 << 20).unwrap();
        // SAFETY: the engine and the number live as long as the arena is used.
        unsafe {
            let runtime = JS_NewRuntime2(&Arena::FUNCTIONS, memory.opaque());
            arena.meter().set_controls(Controls { runtime, countdown });
        }
        for (size, steps) in [
            (100, FROM),
            (1 << 16, 31),
            (1 << 16, 15),
            (1 << 10, 15),
            (1 << 20, 1),
        ] {
            filled(&arena, size, 1);
            // SAFETY: nothing else uses it meanwhile.
            assert_eq!(unsafe { countdown.read() }, steps, "{size}");
        }
        // SAFETY: as above.
        let steps = unsafe {
            countdown.write(FROM);
            malloc(arena.opaque(), 4 << 20);
            countdown.read()
        };
        assert_eq!((arena.meter().exhausted, steps), (true, 1));
    }

    #[test]
    fn the_limit_is_of_what_is_allocated() {
        let mut arena = Arena::new(1 << 20).unwrap();
        let block = filled(&arena, 600_000, 1);
        // SAFETY: the blocks are this arena's.
        unsafe {
            let beyond = malloc(arena.opaque(), 600_000);
            assert!(arena.meter().exhausted, "the run fails");
            assert!(!beyond.is_null(), "and goes on until it is stopped");
            free(arena.opaque(), beyond);
            assert!(
                malloc(arena.opaque(), 600_000).is_null(),
                "or asks for more"
            );
            assert!(realloc(arena.opaque(), block, size_t::MAX).is_null());
            assert!(calloc(arena.opaque(), size_t::MAX, 2).is_null());
            free(arena.opaque(), block);
        }
        assert_eq!(arena.meter().used, 0);
    }

    #[test]
    fn past_the_deadline_little_is_allocated() {
        let mut arena = Arena::new(1 << 20).unwrap();
        arena.meter().allow(Duration::ZERO, Duration::ZERO);
        // SAFETY: the arena lives.
        let given = (0..1000)
            .take_while(|_| unsafe { !malloc(arena.opaque(), 5000).is_null() })
            .count();
        assert!(given < 300, "{given}");
        assert!(arena.meter().late && !arena.meter().exhausted);
    }
}
