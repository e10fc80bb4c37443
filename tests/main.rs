//! The integration tests: ONE binary, so that the engine is linked once. Each module asks one kind
//! of question.
//!
//! `house` needs no device: it checks what must not drift in the tree itself.

mod house;
