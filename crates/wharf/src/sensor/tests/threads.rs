use super::super::*;
#[test]
fn smoke() {
    let (tx, rx) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        tx.send(rustix::thread::gettid()).unwrap();
        std::thread::sleep(std::time::Duration::from_secs(2));
    });
    let tid = rx.recv().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(20));
    for s in [Sensing::Perf, Sensing::Syscall, Sensing::Stat, Sensing::Auto, Sensing::Told] {
        let sensor = Sensor::open(tid, s);
        eprintln!("{s} {} {:?}", sensor.source(), sensor.look());
    }
}
