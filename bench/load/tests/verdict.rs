//! Does `load` tell a right server from a wrong one? Each test serves one connection with a known behaviour and
//! reads the verdict: exit status and the `errors` field.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::thread;

/// Runs `load` over one connection against `serve`, which gets that connection. The thread ends with the connection.
fn load_against(serve: impl FnOnce(TcpStream) + Send + 'static) -> Output {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    let addr = listener.local_addr().expect("local address").to_string();
    let server = thread::spawn(move || serve(listener.accept().expect("accept").0));
    let output = Command::new(env!("CARGO_BIN_EXE_load"))
        .args(["--connections", "1", "--size", "5000", "--seconds", "0.1", "--warmup", "0"])
        .args(["--addr", &addr])
        .output()
        .expect("load runs");
    server.join().expect("the server ends");
    output
}

/// Echoes until the client closes; `spoil` may change what is sent back, given the number of bytes sent before.
fn echo(mut stream: TcpStream, mut spoil: impl FnMut(usize, &mut Vec<u8>)) {
    let mut buffer = [0; 4096];
    let mut total = 0;
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        let mut answer = buffer[..count].to_vec();
        spoil(total, &mut answer);
        total += count;
        if stream.write_all(&answer).is_err() {
            break;
        }
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// An honest server: status 0, requests counted, no errors.
#[test]
fn honest() {
    let output = load_against(|stream| echo(stream, |_, _| {}));
    let text = stdout(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("\"errors\": 0") && !text.contains("\"requests\": 0,"), "{text}");
}

/// One changed byte, somewhere in the third request: an error.
#[test]
fn changed_byte() {
    let output = load_against(|stream| {
        echo(stream, |total, answer| {
            if total >= 10_000 {
                answer[0] ^= 1;
            }
        });
    });
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("\"errors\": 1"), "{}", stdout(&output));
}

/// One byte too many: an error, although all that was asked for came back.
#[test]
fn extra_byte() {
    let output = load_against(|stream| {
        echo(stream, |total, answer| {
            if total >= 10_000 {
                answer.push(0x80);
            }
        });
    });
    assert_eq!(output.status.code(), Some(1));
}

/// The server keeps the last byte of the third answer: the request is owed at the end, which is an error.
#[test]
fn unanswered() {
    let output = load_against(|stream| {
        echo(stream, |total, answer| {
            if total + answer.len() == 15_000 {
                answer.pop();
            }
        });
    });
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("\"requests\": 2,"), "{}", stdout(&output));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("1 requests were not answered"), "{told}");
}

/// The server closes after the connection is made: an error, and the run ends at once.
#[test]
fn closed() {
    let output = load_against(drop);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("\"errors\": 1"), "{}", stdout(&output));
}
