//! Tests that need more than one module, or the numbers within an image.

mod hostile;
mod programs;
