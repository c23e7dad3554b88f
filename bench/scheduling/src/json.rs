//! A report as one line of JSON.

use std::fmt::{self, Write};

/// An object of numbers.
#[derive(Default)]
pub(crate) struct Object(String);

impl Object {
    /// A number, or null if it is none: unknown is not zero.
    pub(crate) fn number(mut self, name: &str, value: impl Into<Option<f64>>) -> Self {
        self.key(name);
        let _infallible = match value.into().filter(|value| value.is_finite()) {
            Some(value) if value.fract() == 0.0 => write!(self.0, "{value:.0}"),
            Some(value) => write!(self.0, "{value:.6}"),
            None => write!(self.0, "null"),
        };
        self
    }

    fn key(&mut self, name: &str) {
        let comma = if self.0.is_empty() { "" } else { ", " };
        let _infallible = write!(self.0, "{comma}\"{name}\": ");
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.0)
    }
}
