//! Changes to the text of a source, collected and then made at once.

use std::ops::Range;

/// What is refused, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) line: u32,
    pub(crate) why: String,
}

/// Replacements of ranges that do not overlap.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    edits: Vec<(Range<usize>, String)>,
}

impl Edits {
    pub(crate) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.edits.push((range, text.into()));
    }

    /// Puts a text before what is at `at`; of several, the first that came stays first.
    pub(crate) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Replaces a range whatever else was to become of it.
    pub(crate) fn override_with(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.edits.retain(|(other, _)| *other != range);
        self.replace(range, text);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// A part of a text with the changes that fall into it.
    pub(crate) fn apply(&mut self, text: &str, within: Range<usize>) -> String {
        // Stable: insertions at one place keep their order, and come before a replacement that begins there.
        self.edits.sort_by_key(|(range, _)| (range.start, range.end));
        let mut result = String::with_capacity(within.len() + 256);
        let mut at = within.start;
        for (range, new) in &self.edits {
            if range.start < at || range.end > within.end {
                continue;
            }
            result.push_str(&text[at..range.start]);
            result.push_str(new);
            at = range.end;
        }
        result.push_str(&text[at..within.end]);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_made_in_the_order_of_the_text() {
        let mut edits = Edits::default();
        edits.replace(4..7, "two");
        edits.insert(0, "a");
        edits.insert(0, "b");
        edits.insert(4, "<");
        assert_eq!(edits.apply("one 222 3", 0..9), "abone <two 3");
        assert_eq!(edits.apply("one 222 3", 3..7), " <two");
    }
}
