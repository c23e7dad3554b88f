//! The chat.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use crate::program::{Program, builds};
use crate::streams::connect;

#[test]
fn a_chat_over_posted_packets() {
    for folder in builds("chat") {
        let mut program = Program::start(&folder, &["0"]);
        let join = |program: &Program| {
            let stream = connect(program);
            (BufReader::new(stream.try_clone().unwrap()), stream)
        };
        let line = |reader: &mut BufReader<TcpStream>| {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            line
        };
        let (mut hears_first, mut first) = join(&program);
        assert_eq!(line(&mut hears_first), "* 0 is here\n");
        let (mut hears_second, mut second) = join(&program);
        assert_eq!(line(&mut hears_second), "* 1 is here\n");
        assert_eq!(line(&mut hears_first), "* 1 is here\n");
        second.write_all(b"good ").unwrap();
        second.write_all(b"morning\ntwo\n").unwrap();
        for reader in [&mut hears_first, &mut hears_second] {
            assert_eq!(line(reader), "1: good morning\n");
            assert_eq!(line(reader), "1: two\n");
        }
        drop((hears_second, second));
        assert_eq!(line(&mut hears_first), "* 1 has left\n");
        first.write_all(b"/quit\n").unwrap();
        assert_eq!(program.end(), (Some(0), "the chat is over\n".to_owned()));
        assert_eq!(line(&mut hears_first), "");
    }
}
