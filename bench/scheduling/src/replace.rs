//! From a block to its replacement: one packet waits, the only worker that may run blocks, and another is to start.
//!
//! A trial posts two packets and nothing else happens on the port. The first one's handler computes for a while and
//! blocks for some ms; the time counts from the instant before the blocking call to the start of the second one's handler.

use std::str::FromStr;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use wharf::Packet;

use crate::args::Arguments;
use crate::json::Object;
use crate::random::Random;
use crate::sensing::{self, Sensing};
use crate::work::{Block, Processor, spin};
use crate::{Failure, recorder};

const WORKERS: usize = 4;
/// Trials that are not counted: the first ones open what the sensing reads.
const WARMUP: u32 = 10;
/// Mean pause between trials, in which the port is idle.
const PAUSE: Duration = Duration::from_millis(1);

/// What tells the port of the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// Nothing: the replacement comes when the block ends.
    None,
    Told,
    Sensed(Sensing),
}

impl FromStr for Source {
    type Err = <Sensing as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "none" => Self::None,
            "told" => Self::Told,
            other => Self::Sensed(other.parse()?),
        })
    }
}

pub(crate) struct Options {
    source: Source,
    trials: u32,
    compute: Duration,
    /// The computation is longer by up to this.
    spread: Duration,
    block: Duration,
}

enum Step {
    Block { steps: u64, time: Duration },
    Follow,
}

/// What a handler reports.
enum Event {
    Blocked { since: Instant },
    Following { since: Instant },
}

impl Options {
    pub(crate) fn take(arguments: &mut Arguments) -> Result<Self, Failure> {
        let options = Self {
            source: arguments.need("--source")?,
            trials: arguments.take_or("--trials", 300)?,
            compute: Duration::from_micros(arguments.take_or("--compute-us", 40)?),
            spread: Duration::from_micros(arguments.take_or("--compute-spread-us", 100)?),
            block: Duration::from_millis(arguments.take_or("--block-ms", 5)?),
        };
        arguments.finish()?;
        Ok(options)
    }

    pub(crate) fn run(&self) -> Result<Object, Failure> {
        let processor = Processor::calibrate();
        let sensing = match self.source {
            Source::None | Source::Told => Sensing::Told,
            Source::Sensed(sensing) => sensing,
        };
        let port = sensing::open(1, sensing)?;
        let (sender, events) = mpsc::channel();
        let told = self.source == Source::Told;
        let mut random = Random::default();
        let mut latency = recorder::empty();
        let mut early = 0;
        thread::scope(|scope| {
            scope.spawn(|| port.run(WORKERS, |packet| handle(packet, told, &sender)));
            for trial in 0..WARMUP + self.trials {
                let steps = processor.steps(self.compute + self.spread.mul_f64(random.fraction()));
                port.post(0, Step::Block { steps, time: self.block }, 0)?;
                port.post(0, Step::Follow, 0)?;
                let (mut blocking, mut following) = (None, None);
                for event in events.iter().take(2) {
                    match event {
                        Event::Blocked { since } => blocking = Some(since),
                        Event::Following { since } => following = Some(since),
                    }
                }
                let (blocking, following) = blocking.zip(following).ok_or("an event is missing")?;
                if trial >= WARMUP {
                    match following.checked_duration_since(blocking) {
                        Some(time) => recorder::record(&mut latency, time),
                        None => early += 1,
                    }
                }
                thread::sleep(PAUSE.mul_f64(0.5 + random.fraction()));
            }
            port.close();
            Ok::<(), Failure>(())
        })?;
        let report = Object::default().number("trials", f64::from(self.trials));
        Ok(recorder::describe(report, &latency).number("early", f64::from(early)))
    }
}

fn handle(packet: Packet<Step>, told: bool, events: &Sender<Event>) -> std::io::Result<()> {
    let tell = |event| events.send(event).expect("the receiver outlives the port");
    match packet.payload {
        Step::Block { steps, time } => {
            spin(steps);
            let since = Instant::now();
            if told {
                wharf::blocking(|| Block::Sleep.wait(time));
            } else {
                Block::Sleep.wait(time);
            }
            // Not before the block: to wake the main thread would disturb what is measured.
            tell(Event::Blocked { since });
        }
        Step::Follow => tell(Event::Following { since: Instant::now() }),
    }
    Ok(())
}
