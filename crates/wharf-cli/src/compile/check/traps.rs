//! Uses of the port and of overlapped calls that Windows allows or forgives, and that go wrong on 64 bits or under
//! load. Each cites the contract. They are found by shape: some are harmless, and none is proof.

use super::Trap;

use crate::compile::functions::{self, Body, block, calls, said};
use crate::compile::keys;
use crate::compile::tree::File;

/// Overlapped calls, and the argument that is their OVERLAPPED.
const OVERLAPPED: &[(&str, usize)] = &[
    ("WSARecv", 5),
    ("WSASend", 5),
    ("WSARecvFrom", 7),
    ("WSASendTo", 7),
    ("ReadFile", 4),
    ("WriteFile", 4),
    ("AcceptEx", 7),
    ("ConnectEx", 6),
    ("DisconnectEx", 1),
    ("TransmitFile", 4),
];
const STARTING: &[&str] = &[
    "WSARecv",
    "WSASend",
    "WSARecvFrom",
    "WSASendTo",
    "ReadFile",
    "WriteFile",
    "AcceptEx",
    "ConnectEx",
    "DisconnectEx",
    "TransmitFile",
];

pub(super) fn find(file: &File) -> Vec<Trap> {
    let mut traps = Vec::new();
    for line in keys::narrow_lines(file) {
        let text = "the key has 64 bits: fetch it into a ULONG_PTR, without a cast; `wharf c++` goes by the variable's own size";
        traps.push(Trap { line, rule: "A11", text: text.into() });
    }
    for (cast, operand, _) in keys::cut(file) {
        let cast = said(file, cast..operand);
        let text = format!(
            "{cast} cuts the key to 32 bits; `wharf c++` keeps a pointer whole: make it (ULONG_PTR)"
        );
        traps.push(Trap { line: line(file, operand), rule: "A11", text });
    }
    for body in functions::bodies(file) {
        wrong_failure_value(file, body, &mut traps);
        on_the_stack(file, body, &mut traps);
        used_twice(file, body, &mut traps);
        uncounted(file, body, &mut traps);
        pending_taken_for_failure(file, body, &mut traps);
        polling(file, body, &mut traps);
        failed_packet_dropped(file, body, &mut traps);
        address_room(file, body, &mut traps);
        threads_stopped(file, body, &mut traps);
    }
    not_overlapped(file, &mut traps);
    without_update_context(file, &mut traps);
    traps
}

fn line(file: &File, at: usize) -> u32 {
    file.tokens[at].line
}

/// `port == INVALID_HANDLE_VALUE` after CreateIoCompletionPort.
fn wrong_failure_value(file: &File, body: Body, traps: &mut Vec<Trap>) {
    for call in calls(file, body, &["CreateIoCompletionPort"]) {
        if call.at < 2 || !file.tokens[call.at - 1].is(b'=') {
            continue;
        }
        let Some(variable) = file.name(call.at - 2) else { continue };
        let test = (call.at..body.close.saturating_sub(3)).take(60).find(|&at| {
            file.name(at) == Some(variable)
                && file.tokens[at + 1].is(b'=')
                && file.tokens[at + 2].is(b'=')
                && file.name(at + 3) == Some("INVALID_HANDLE_VALUE")
        });
        if let Some(at) = test {
            let text = format!(
                "{variable} is NULL if CreateIoCompletionPort fails, never INVALID_HANDLE_VALUE"
            );
            traps.push(Trap { line: line(file, at), rule: "A1", text });
        }
    }
}

/// An OVERLAPPED or a buffer that ends with the function while the operation goes on.
fn on_the_stack(file: &File, body: Body, traps: &mut Vec<Trap>) {
    let waits = calls(
        file,
        body,
        &["GetOverlappedResult", "WSAGetOverlappedResult", "GetQueuedCompletionStatus"],
    );
    if !waits.is_empty() {
        return;
    }
    let locals: Vec<&str> = (body.open + 1..body.close)
        .filter(|&at| {
            matches!(file.name(at), Some("OVERLAPPED" | "WSAOVERLAPPED"))
                && file.name(at - 1) != Some("static")
        })
        .filter_map(|at| file.name(at + 1))
        .collect();
    for call in calls(file, body, STARTING) {
        let Some(overlapped) = overlapped(file, &call) else { continue };
        if let Some(name) = overlapped.strip_prefix('&').filter(|name| locals.contains(name)) {
            let text = format!(
                "{name} is gone when the function returns; the operation still writes to it"
            );
            traps.push(Trap { line: line(file, call.at), rule: "C31", text });
        }
    }
    let starts = calls(file, body, STARTING);
    let first =
        starts.iter().find(|call| overlapped(file, call).is_some_and(|text| !is_null(&text)));
    if first.is_none() {
        return;
    }
    for at in body.open + 1..body.close.saturating_sub(2) {
        // `wsabuf.buf = array;`
        if file.name(at) != Some("buf")
            || !file.tokens[at - 1].is(b'.')
            || !file.tokens[at + 1].is(b'=')
        {
            continue;
        }
        let Some(array) = file.name(at + 2).filter(|_| file.tokens[at + 3].is(b';')) else {
            continue;
        };
        let local = (body.open + 1..at).any(|at| {
            file.name(at) == Some(array)
                && file.tokens[at + 1].is(b'[')
                && file.name(at - 1).is_some()
                && !(at > 1 && file.name(at - 2) == Some("static"))
        });
        if local {
            let text =
                format!("{array} is gone when the function returns; the operation still uses it");
            traps.push(Trap { line: line(file, at), rule: "C31", text });
        }
    }
}

/// One OVERLAPPED for two operations, one after the other in one block.
fn used_twice(file: &File, body: Body, traps: &mut Vec<Trap>) {
    let starts = calls(file, body, STARTING);
    for pair in starts.windows(2) {
        let [first, second] = pair else { continue };
        let same = overlapped(file, first).filter(|text| !is_null(text))
            == overlapped(file, second).filter(|text| !is_null(text));
        if !same
            || overlapped(file, first).is_none_or(|text| is_null(&text))
            || block(file, body, first.at) != block(file, body, second.at)
        {
            continue;
        }
        let between = first.at..second.at;
        if between.clone().any(|at| is_another(file, first, at)) {
            continue;
        }
        let leaves = between.clone().any(|at| {
            matches!(
                file.name(at),
                Some("else" | "return" | "break" | "case" | "goto" | "continue")
            )
        });
        if !leaves {
            let text = "a second operation with an OVERLAPPED whose first may still be pending: one for each".to_owned();
            traps.push(Trap { line: line(file, second.at), rule: "C31", text });
        }
    }
}

/// Whether a token after a call makes what it was given another OVERLAPPED, or waits for it.
fn is_another(file: &File, call: &functions::Call, at: usize) -> bool {
    let Some(name) = file.name(at) else { return false };
    let waits = name.starts_with("WaitFor")
        || name.starts_with("WSAWaitFor")
        || name.ends_with("GetOverlappedResult")
        || name.starts_with("GetQueuedCompletionStatus");
    // `name = ...`, and not `name == ...` or a member of that name.
    let assigned = file.tokens[at + 1].is(b'=')
        && !file.tokens[at + 2].is(b'=')
        && !file.is_member(at)
        && overlapped(file, call).is_some_and(|text| {
            text.split(|letter: char| !is_letter(letter)).any(|word| word == name)
        });
    waits || assigned
}

fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// A send that has neither a count nor an OVERLAPPED.
fn uncounted(file: &File, body: Body, traps: &mut Vec<Trap>) {
    for call in calls(file, body, &["WSASend", "WSASendTo"]) {
        let count = call.arguments.get(3).map(|argument| said(file, argument.clone()));
        let given = overlapped(file, &call);
        if count.is_some_and(|text| is_null(&text)) && given.is_some_and(|text| is_null(&text)) {
            let text = "without an OVERLAPPED a count is due: it sends, and then answers SOCKET_ERROR with WSAEFAULT";
            traps.push(Trap { line: line(file, call.at), rule: "C26", text: text.into() });
        }
    }
}

/// Sockets that no port takes, in a program that has one.
fn not_overlapped(file: &File, traps: &mut Vec<Trap>) {
    let associates =
        (0..file.tokens.len()).any(|at| file.name(at) == Some("CreateIoCompletionPort"));
    if !associates {
        return;
    }
    for body in functions::bodies(file) {
        for call in calls(file, body, &["WSASocket", "WSASocketA", "WSASocketW"]) {
            let flags = call.arguments.get(5).map(|argument| said(file, argument.clone()));
            if flags.is_some_and(|text| is_null(&text)) {
                let text = "a socket without WSA_FLAG_OVERLAPPED cannot be associated with a port";
                traps.push(Trap { line: line(file, call.at), rule: "A5", text: text.into() });
            }
        }
    }
}

/// An overlapped call whose failure is not told from "pending".
fn pending_taken_for_failure(file: &File, body: Body, traps: &mut Vec<Trap>) {
    let knows = (0..file.tokens.len()).any(|at| {
        matches!(file.name(at), Some("WSA_IO_PENDING" | "ERROR_IO_PENDING"))
            || file.word(&file.tokens[at]) == "997"
    });
    if knows {
        return;
    }
    for call in calls(file, body, STARTING) {
        let null = overlapped(file, &call).is_none_or(|text| is_null(&text));
        let tested = call.at > 0
            && !file.tokens[call.at - 1].is(b';')
            && !file.tokens[call.at - 1].is(b'{')
            && !file.tokens[call.at - 1].is(b'}');
        if !null && tested {
            let name = file.name(call.at).unwrap_or_default();
            let text = format!(
                "{name} also \"fails\" with WSA_IO_PENDING (997), which is success: the packet will come"
            );
            traps.push(Trap { line: line(file, call.at), rule: "C18", text });
        }
    }
}

/// A port that is asked without waiting.
fn polling(file: &File, body: Body, traps: &mut Vec<Trap>) {
    for call in calls(file, body, &["GetQueuedCompletionStatus", "GetQueuedCompletionStatusEx"]) {
        // In both it is the fifth.
        if call.arguments.get(4).is_some_and(|argument| said(file, argument.clone()) == "0") {
            let text = "a timeout of 0 polls: in a loop it takes a whole processor, and counts as running all the time";
            traps.push(Trap { line: line(file, call.at), rule: "A29, B11", text: text.into() });
        }
    }
}

/// A worker that ends, or forgets the OVERLAPPED, at the first failed operation.
fn failed_packet_dropped(file: &File, body: Body, traps: &mut Vec<Trap>) {
    for call in calls(file, body, &["GetQueuedCompletionStatus"]) {
        let Some(then) = on_failure(file, &call) else { continue };
        let end = if file.tokens[then].is(b'{') {
            functions::matching(file, then)
        } else {
            (then..body.close).find(|&at| file.tokens[at].is(b';')).unwrap_or(then)
        };
        // Whoever looks at the OVERLAPPED may know what it is about.
        let overlapped = call
            .arguments
            .get(3)
            .and_then(|argument| argument.clone().rev().find_map(|at| file.name(at)));
        let looks = (then..end).any(|at| file.name(at).is_some() && file.name(at) == overlapped);
        let leaves = (then..=end).rev().find_map(|at| {
            file.name(at).filter(|word| matches!(*word, "return" | "break" | "continue"))
        });
        if let Some(what) = leaves.filter(|_| !looks) {
            let text = format!(
                "FALSE with an OVERLAPPED is one client's failed operation, not the port's: `{what}` here loses it"
            );
            traps.push(Trap { line: line(file, call.at), rule: "A25", text });
        }
    }
}

/// The statement that runs if a call answers FALSE and nothing else is asked: `if (!call)`, `ok = call; if (!ok)`.
fn on_failure(file: &File, call: &functions::Call) -> Option<usize> {
    let said = |from: usize, count: usize| said(file, from..(from + count).min(file.tokens.len()));
    let after = functions::matching(file, call.at + 1) + 1;
    let before = call.at.checked_sub(1)?;
    let then = match said(after, 3).as_str() {
        "==0)" | "==FALSE)" | "!=TRUE)" => after + 3,
        _ if said(after, 4) == "==FALSE)"
            || said(after, 4) == "==0)"
            || said(after, 4) == "!=TRUE)" =>
        {
            after + 4
        }
        _ if file.tokens[before].is(b'!') && said(after, 1) == ")" => after + 1,
        _ if file.tokens[before].is(b'=') => {
            let variable = file.name(before.checked_sub(1)?)?;
            let tests = [
                format!(";if(!{variable})"),
                format!(";if({variable}==0)"),
                format!(";if({variable}==FALSE)"),
                format!(";if(FALSE=={variable})"),
                format!(";if(0=={variable})"),
            ];
            let count = (5..10).find(|&count| tests.contains(&said(after, count)))?;
            after + count
        }
        _ => return None,
    };
    file.tokens.get(then).map(|_| then)
}

/// AcceptEx wants 16 bytes more than an address.
fn address_room(file: &File, body: Body, traps: &mut Vec<Trap>) {
    for call in calls(file, body, &["AcceptEx"]) {
        for argument in call.arguments.iter().skip(4).take(2) {
            let text = said(file, argument.clone());
            if text.starts_with("sizeof(") && text.ends_with(')') {
                let text =
                    "AcceptEx needs 16 bytes more than the address for each of the two".to_owned();
                traps.push(Trap { line: line(file, call.at), rule: "D19, D20", text });
                break;
            }
        }
    }
}

fn threads_stopped(file: &File, body: Body, traps: &mut Vec<Trap>) {
    for call in calls(file, body, &["TerminateThread"]) {
        let text =
            "a thread that is ended from outside leaves its locks held and its operations pending"
                .to_owned();
        traps.push(Trap { line: line(file, call.at), rule: "F10", text });
    }
}

/// AcceptEx without SO_UPDATE_ACCEPT_CONTEXT.
fn without_update_context(file: &File, traps: &mut Vec<Trap>) {
    let first = |name: &str| (0..file.tokens.len()).find(|&at| file.name(at) == Some(name));
    let uses = first("AcceptEx").or_else(|| first("WSAID_ACCEPTEX"));
    if let (Some(at), None) = (uses, first("SO_UPDATE_ACCEPT_CONTEXT")) {
        let text = "without SO_UPDATE_ACCEPT_CONTEXT, Windows refuses shutdown and getpeername on the accepted socket";
        traps.push(Trap { line: line(file, at), rule: "D26", text: text.into() });
    }
}

/// What a call is given as its OVERLAPPED.
fn overlapped(file: &File, call: &functions::Call) -> Option<String> {
    let name = file.name(call.at)?;
    let (_, number) = OVERLAPPED.iter().find(|(other, _)| *other == name)?;
    let text = said(file, call.arguments.get(*number)?.clone());
    let text = text.trim_start_matches("(LPOVERLAPPED)").trim_start_matches("(LPWSAOVERLAPPED)");
    let inner = text
        .strip_prefix("&(")
        .and_then(|text| text.strip_suffix(')'))
        .map(|text| format!("&{text}"));
    Some(inner.unwrap_or_else(|| text.to_owned()))
}

fn is_null(text: &str) -> bool {
    matches!(text, "NULL" | "0" | "nullptr")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::tree::Tree;

    fn rules(body: &str) -> Vec<&'static str> {
        let text = format!("void f() {{ {body} }}");
        find(&Tree::of(&text).files[0]).iter().map(|trap| trap.rule).collect()
    }

    #[test]
    fn one_overlapped_for_two_operations() {
        let both = |between: &str| {
            format!(
                "WSASend(s, &b, 1, NULL, 0, &io->overlapped, NULL); {between} \
                 WSARecv(s, &b, 1, NULL, &f, &io->overlapped, NULL);"
            )
        };
        assert_eq!(rules(&both("")), ["C31"]);
        assert_eq!(rules(&both("if (io == last) io->count = 1;")), ["C31"]);
        assert_eq!(rules(&both("io = malloc(sizeof *io);")), [""; 0]);
        assert_eq!(rules(&both("WSAGetOverlappedResult(s, o, &n, TRUE, &f);")), [""; 0]);
    }

    #[test]
    fn sends_without_a_count_and_sockets_for_no_port() {
        assert_eq!(rules("WSASend(s, &b, 1, NULL, 0, NULL, NULL);"), ["C26"]);
        assert_eq!(rules("WSASend(s, &b, 1, &n, 0, NULL, NULL);"), [""; 0]);
        let socket =
            "CreateIoCompletionPort((HANDLE)s, p, key, 0); s = WSASocket(2, 1, 6, NULL, 0,";
        assert_eq!(rules(&format!("{socket} 0);")), ["A5"]);
        assert_eq!(rules(&format!("{socket} WSA_FLAG_OVERLAPPED);")), [""; 0]);
    }
}
