//! Every variant handles packets and reports them, in both loops; what cannot be run is told by the exit status.

use std::process::{Command, Output};

fn scheduling(arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scheduling"))
        .args(arguments.split_whitespace())
        .output()
        .expect("the program starts")
}

/// The value of a number in the report.
fn number(report: &[u8], name: &str) -> f64 {
    let text = String::from_utf8_lossy(report);
    let (_, rest) = text.split_once(&format!("\"{name}\": ")).expect(name);
    let end = rest.find([',', '}']).expect("an object");
    rest[..end].parse().expect("a number")
}

const SHORT: &str = "--seconds 0.2 --warmup 0 --workers 8 --sample-ms 5";

/// Those that need something from the system may be refused, by status 3.
#[test]
fn every_variant_handles_packets() {
    for variant in [
        "port-told",
        "port-perf",
        "port-proc",
        "threads-n",
        "threads-w",
        "tokio",
        "tokio-spawn-blocking",
    ] {
        for rest in ["cpu", "mixed --rate 2000", "block"] {
            let run = scheduling(&format!("run --variant {variant} {SHORT} --workload {rest}"));
            if run.status.code() == Some(3) && ["port-perf", "port-proc"].contains(&variant) {
                eprintln!("skipped: {variant} is not offered here");
                continue;
            }
            assert!(run.status.success(), "{variant} {rest}: {run:?}");
            assert!(number(&run.stdout, "packets") > 0.0, "{variant} {rest}: {run:?}");
            assert!(number(&run.stdout, "p50_us") > 0.0, "{variant} {rest}: {run:?}");
        }
    }
}

/// Nobody tells the port: the replacement starts when the block ends. Told, it starts in the block.
#[test]
fn replacement_comes_in_the_block_only_if_the_port_knows() {
    let none = scheduling("replace --source none --trials 5 --block-ms 50");
    assert!(number(&none.stdout, "p50_us") > 49_500.0, "{none:?}");
    let told = scheduling("replace --source told --trials 5 --block-ms 50");
    assert!(number(&told.stdout, "p50_us") < 40_000.0, "{told:?}");
    for run in [none, told] {
        assert_eq!(number(&run.stdout, "early"), 0.0, "{run:?}");
    }
}

#[test]
fn mistakes_end_with_status_2() {
    for wrong in [
        "",
        "walk",
        "run --variant port-told",
        "run --variant port-told --workload cpu --rate 0",
        "run --variant port-heard --workload cpu",
        "replace --source told --trials many",
        "queue --threads 3",
        "queue --threads 1 --speed 9",
    ] {
        assert_eq!(scheduling(wrong).status.code(), Some(2), "{wrong:?}");
    }
}
