use rquickjs_sys::JSValue;

use super::arena::Saved;

/// A program ready to run: what it adds to the memory of the interpreter that made it, which is the one that can run it.
pub(crate) struct Image {
    pub(super) saved: Saved,
    /// The program's body, whose value is the handler.
    pub(super) program: JSValue,
    /// Which of the interpreter's images it is.
    pub(super) number: u64,
}

impl Image {
    /// How many bytes of memory the image takes.
    pub(crate) fn bytes(&self) -> usize {
        self.saved.bytes()
    }
}
