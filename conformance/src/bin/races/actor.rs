//! A thread's choices.

use std::net::Shutdown;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use wharf::Port;
use wharf_conformance::net::Random;
use wharf_conformance::races::arguments::Arguments;
use wharf_conformance::races::rounds;
use wharf_conformance::races::world::World;

use crate::issue::issue;
use crate::slot::{Kind, Server, Slot, kinds};
use crate::ticket::Ticket;

type Slots = [Mutex<Option<Arc<Slot>>>];

pub(crate) struct Actor<'a> {
    port: &'a Port<Ticket>,
    world: &'a Arc<World>,
    alive: &'a Arc<AtomicUsize>,
    slots: &'a Slots,
    seed: u64,
    kinds: &'static [usize],
    server: Server,
}

impl<'a> Actor<'a> {
    pub(crate) fn new(
        port: &'a Port<Ticket>,
        world: &'a Arc<World>,
        alive: &'a Arc<AtomicUsize>,
        slots: &'a Slots,
        arguments: &Arguments,
    ) -> Self {
        let (seed, kinds, server) =
            (arguments.seed, kinds(arguments.chosen("--only")), Server::new());
        Actor { port, world, alive, slots, seed, kinds, server }
    }

    /// The rounds of one thread.
    pub(crate) fn act(&self, number: usize, each: usize) {
        let serials = number * each..(number + 1) * each;
        rounds(self.world, self.seed, serials, |random, serial| self.round(random, serial));
    }

    fn round(&self, mut random: Random, serial: usize) {
        let index = random.below(self.slots.len());
        let (key, tag) = (random.next() as usize, random.below(255) as u8 + 1);
        let closes = random.once_in(50);
        let mut place = self.slots[index].lock().expect("no panic under it");
        if closes {
            let slot = place.take();
            drop(place);
            if let Some(slot) = slot {
                close(&mut random, &slot);
            }
            return;
        }
        // What a place holds never changes its kind.
        let kind = self.kinds[index % self.kinds.len()];
        let open = || Arc::new(Slot::open(self.port, kind, key, tag, &self.server));
        let slot = Arc::clone(place.get_or_insert_with(open));
        drop(place); // others may use it, or close it, while we do
        self.use_it(&mut random, &slot, serial);
    }

    fn use_it(&self, random: &mut Random, slot: &Slot, serial: usize) {
        // Mostly a late one: that is where the races are.
        let back = random.below(4).min(random.below(16));
        match random.below(20) {
            0..=10 => issue(self.world, self.alive, random, slot, serial),
            11..=13 => slot.peer.feed(random, slot.tag),
            14 | 15 => slot.peer.starve(random),
            16 | 17 => slot.cancel(back),
            18 => {
                let after = Duration::from_micros(random.below(2000) as u64);
                slot.expire(back, after);
            }
            _ => match (random.below(8), &slot.kind) {
                (0..2, _) => {
                    slot.cancel_all();
                }
                (2, Kind::Stream(stream)) => {
                    let how = [Shutdown::Read, Shutdown::Write, Shutdown::Both][random.below(3)];
                    drop(stream.shutdown(how)); // it may be reset
                }
                (3, _) => slot.peer.shut(random),
                _ => {}
            },
        }
    }
}

/// Lets go of a handle, sometimes after its peer, sometimes by way of a reset, with whatever is pending.
fn close(random: &mut Random, slot: &Slot) {
    match random.below(4) {
        0 => slot.peer.prepare_reset(),
        1 => slot.peer.shut(random),
        2 => {
            slot.cancel_all();
        }
        _ => {}
    }
}
