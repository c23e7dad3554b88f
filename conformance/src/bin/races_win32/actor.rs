//! A thread's choices.

use std::sync::{Arc, Mutex};

use wharf_conformance::net::Random;
use wharf_conformance::races::arguments::Arguments;
use wharf_conformance::races::rounds;
use wharf_conformance::races::world::World;

use crate::Port;
use crate::operation::Operations;
use crate::slot::{Slot, kinds};
use crate::socket::Server;

pub(crate) struct Actor<'a> {
    port: Port,
    world: &'a World,
    operations: &'a Operations,
    slots: &'a [Mutex<Option<Arc<Slot>>>],
    seed: u64,
    kinds: &'static [usize],
    server: Server,
}

impl<'a> Actor<'a> {
    pub(crate) fn new(
        port: Port,
        world: &'a World,
        operations: &'a Operations,
        slots: &'a [Mutex<Option<Arc<Slot>>>],
        arguments: &Arguments,
    ) -> Self {
        let (seed, kinds) = (arguments.seed, kinds(arguments.chosen("--only")));
        Actor { port, world, operations, slots, seed, kinds, server: Server::new() }
    }

    /// The rounds of one thread.
    pub(crate) fn act(&self, number: usize, each: usize) {
        let serials = number * each..(number + 1) * each;
        rounds(self.world, self.seed, serials, |random, serial| self.round(random, serial));
    }

    fn round(&self, mut random: Random, serial: usize) {
        let index = random.below(self.slots.len());
        let (key, tag) = (random.next() as usize, random.below(15) as u8 + 1);
        let closes = random.once_in(60);
        let mut place = self.slots[index].lock().expect("no panic under it");
        if closes {
            let slot = place.take();
            drop(place);
            if let Some(slot) = slot {
                slot.close();
            }
            return;
        }
        // What a place holds never changes its kind.
        let kind = self.kinds[index % self.kinds.len()];
        let open = || Arc::new(Slot::open(self.port, kind, key, tag, &self.server));
        let slot = Arc::clone(place.get_or_insert_with(open));
        drop(place); // others may use it, or close it, while we do
        slot.act(self.port, self.operations, &mut random, serial);
    }
}
