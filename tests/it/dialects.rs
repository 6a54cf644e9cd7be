//! The dialects from outside: the frame that they share, and what each of them answers.

mod frame;
mod thanchat;
