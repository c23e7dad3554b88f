//! A thread's choices.

use std::net::Shutdown;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use wharf::Port;
use wharf_conformance::net::Random;

use crate::arguments::Arguments;
use crate::issue::issue;
use crate::slot::{Kind, Server, Slot};
use crate::world::{Ticket, World};

/// Operations without a packet at which a thread waits for the workers.
const MOST_PENDING: isize = 20_000;

type Slots = [Mutex<Option<Arc<Slot>>>];

pub(crate) struct Actor<'a> {
    port: &'a Port<Ticket>,
    world: &'a Arc<World>,
    slots: &'a Slots,
    seed: u64,
    kinds: &'static [usize],
    number: usize,
    rounds: usize,
    server: Server,
}

impl<'a> Actor<'a> {
    pub(crate) fn new(
        port: &'a Port<Ticket>,
        world: &'a Arc<World>,
        slots: &'a Slots,
        arguments: &Arguments,
        number: usize,
        rounds: usize,
    ) -> Self {
        let (seed, kinds, server) = (arguments.seed, arguments.only.kinds(), Server::new());
        Actor { port, world, slots, seed, kinds, number, rounds, server }
    }

    pub(crate) fn act(&mut self) {
        for round in 0..self.rounds {
            while self.world.pending() > MOST_PENDING && !self.world.is_over() {
                thread::yield_now();
            }
            if self.world.is_over() {
                return; // another thread has failed
            }
            self.round(self.number * self.rounds + round);
        }
    }

    fn round(&self, serial: usize) {
        let mut random =
            Random::of(self.seed ^ (serial as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
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
            0..=10 => issue(self.world, random, slot, serial),
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
