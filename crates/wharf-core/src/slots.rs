//! A table of registrations whose tokens go stale: the answer to descriptor numbers that are used again.
//!
//! A kernel reports an event by a 64-bit word that was given to it at registration. The word names a
//! slot *and* the generation of its occupant, so an event that was already under way when its
//! descriptor was closed finds nobody, even if slot and descriptor number have a new owner.
//!
//! # Invariants
//! 1. A slot's generation grows by one each time its occupant leaves; an occupied slot's is odd.
//! 2. A token finds an occupant only if slot and generation both match.
//! 3. A slot whose generation would wrap is retired, so that a token never becomes valid again.

/// Slot and generation, as one word for the kernel: generation in the high half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token(pub u64);

impl Token {
    fn new(index: u32, generation: u32) -> Token {
        Token(u64::from(generation) << 32 | u64::from(index))
    }

    fn parts(self) -> (usize, u32) {
        #[expect(clippy::cast_possible_truncation, reason = "the two halves of the word")]
        let (index, generation) = (self.0 as u32 as usize, (self.0 >> 32) as u32);
        (index, generation)
    }
}

#[derive(Debug)]
struct Slot<V> {
    generation: u32,
    value: Option<V>,
}

/// The table.
#[derive(Debug)]
pub struct Slots<V> {
    slots: Vec<Slot<V>>,
    free: Vec<u32>,
}

impl<V> Default for Slots<V> {
    fn default() -> Self {
        Slots { slots: Vec::new(), free: Vec::new() }
    }
}

impl<V> Slots<V> {
    /// Enters what `make` returns for the token that it is given.
    pub fn insert_with(&mut self, make: impl FnOnce(Token) -> V) -> Token {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, value: None });
            u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 registrations")
        });
        let slot = &mut self.slots[index as usize];
        slot.generation += 1;
        let token = Token::new(index, slot.generation);
        slot.value = Some(make(token));
        token
    }

    /// The occupant that was given this token, unless it has left.
    #[inline]
    pub fn get(&self, token: Token) -> Option<&V> {
        let (index, generation) = token.parts();
        let slot = self.slots.get(index)?;
        if slot.generation == generation { slot.value.as_ref() } else { None }
    }

    /// Takes the occupant out; the token is stale from now on.
    pub fn remove(&mut self, token: Token) -> Option<V> {
        let (index, generation) = token.parts();
        let slot = self.slots.get_mut(index)?;
        if slot.generation != generation {
            return None;
        }
        let value = slot.value.take()?;
        slot.generation += 1;
        if slot.generation < u32::MAX - 1 {
            self.free.push(u32::try_from(index).expect("an index was made from a u32"));
        }
        Some(value)
    }

    /// All occupants.
    pub fn iter(&self) -> impl Iterator<Item = &V> {
        self.slots.iter().filter_map(|slot| slot.value.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The token of an occupant that left finds nobody, though its slot is in use again.
    #[test]
    fn a_stale_token_finds_nobody() {
        let mut slots = Slots::default();
        let old = slots.insert_with(|_| "old");
        assert_eq!(slots.remove(old), Some("old"));
        let new = slots.insert_with(|_| "new");
        assert_eq!(old.parts().0, new.parts().0, "the slot is used again");
        assert_eq!(slots.get(old), None);
        assert_eq!(slots.remove(old), None);
        assert_eq!(slots.get(new), Some(&"new"));
        assert_eq!(slots.iter().count(), 1);
    }

    /// Words that no registration ever had.
    #[test]
    fn garbage_finds_nobody() {
        let mut slots = Slots::default();
        let token = slots.insert_with(|t| t);
        for garbage in [0, 1, u64::MAX, token.0 ^ 1, token.0 ^ 1 << 63, token.0 + (1 << 32)] {
            assert_eq!(slots.get(Token(garbage)), None, "{garbage:#x}");
            assert_eq!(slots.remove(Token(garbage)), None, "{garbage:#x}");
        }
        assert_eq!(slots.get(token), Some(&token));
    }

    /// Invariant 3.
    #[test]
    fn a_slot_is_retired_before_its_generation_wraps() {
        let mut slots = Slots::default();
        let first = slots.insert_with(|_| ());
        slots.slots[0].generation = u32::MAX - 2;
        let last = Token::new(0, u32::MAX - 2);
        assert_eq!(slots.remove(last), Some(()));
        let next = slots.insert_with(|_| ());
        assert_eq!(next.parts(), (1, 1), "a new slot, not slot {}", first.parts().0);
    }
}
