//! The JavaScript engine, quickjs-ng, and the memory images that runs start from.
//!
//! This is the one module with `unsafe`: the engine is written in C. What it relies on:
//!
//! - An [`Interpreter`] belongs to one thread. Its runtime, context and every object lie in one [`arena::Arena`], the bookkeeping
//!   of the allocator included, so that a copy of the arena's bytes is a copy of the whole machine. An [`Image`] is such a copy with
//!   a program added.
//! - No JavaScript object owns memory of Rust's, and Rust keeps no JavaScript value from a run beyond its end: what
//!   a run leaves behind is overwritten, never freed.
//! - Bytecode is read only if this process compiled it: quickjs-ng trusts it.
//! - A panic never crosses into C: native functions catch it.
#![allow(
    unsafe_code,
    reason = "the engine is C; each block says why it is sound"
)]

mod arena;
mod brake;
mod clock;
mod compile;
mod execute;
mod image;
mod interpreter;
mod lazy;
mod native;
mod read;
#[cfg(test)]
mod testing;
mod value;
mod write;

pub(crate) use compile::{Bytecode, CompileError, compile, compile_without_places};
pub(crate) use execute::{Ended, EndedWith};
pub(crate) use image::Image;
pub(crate) use interpreter::{HANDLER, ImageError, Interpreter, Prelude, Script};
pub(crate) use lazy::{Given, Lazy};
pub(crate) use native::{Argument, Native, Reply};
