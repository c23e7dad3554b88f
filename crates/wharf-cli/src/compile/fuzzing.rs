//! A source of random bytes: read, looked at and rewritten in every way that there is, whatever it says.

#![cfg_attr(not(fuzzing), allow(unreachable_pub, reason = "the fuzz target calls it from outside"))]

use super::arguments::Language;
use super::check::traps_of;
use super::tree::Tree;
use super::{level, libraries, rewrite};

/// The first byte chooses the language.
pub fn source(data: &[u8]) {
    let Some((&kind, bytes)) = data.split_first() else { return };
    let language = if kind & 1 == 0 { Language::C } else { Language::Cpp };
    let tree = Tree::of_bytes(bytes);
    libraries::asked(&tree);
    level::level(&tree);
    traps_of(&tree.files[0]);
    if let Ok(Ok(rewritten)) = rewrite::rewrite(&tree, language)
        && let Some(copy) = rewritten.copies.get(&0)
    {
        let bytes = std::fs::read(copy).expect("just written");
        assert!(std::str::from_utf8(&bytes).is_ok(), "what is rewritten is UTF-8");
        Tree::of_bytes(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a source that ends anywhere, or lacks anything, is read and rewritten without a panic. Method: lines of
    /// everything that is looked for, cut off after each of their words and marks, and with each of them left out.
    #[test]
    fn cut_off() {
        let tree = Tree::of_bytes(DENSE.as_bytes());
        for token in &tree.files[0].tokens {
            let (before, rest) = (&DENSE[..token.start], &DENSE[token.end..]);
            for language in ["0", "1"] {
                source([language, &DENSE[..token.end]].concat().as_bytes());
                source([language, before, rest].concat().as_bytes());
            }
        }
    }

    /// Each rewriting and each trap, once.
    const DENSE: &str = r#"
#pragma comment(lib, "x.lib")
#pragma pack(push, 1)
struct P { wchar_t w; long l; TCHAR t; };
#pragma pack(pop)
template <class C> void g(C c) { for (C::iterator at = c.begin();;) ; throw std::exception("x"); }
void wmain() { auto &a = f(1); std::locale l("kor"); setlocale(LC_ALL, "chs"); n = sizeof OVERLAPPED; }
void _tmain(int argc, TCHAR *argv[]) {
  port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, 0, 0, 0); if (port == INVALID_HANDLE_VALUE) return;
  CreateIoCompletionPort((HANDLE)s, port, (DWORD)context, 0);
  DWORD key; OVERLAPPED o; char buffer[9]; b.buf = buffer;
  if (!GetQueuedCompletionStatus(port, &n, (LPDWORD)&key, &o, 0)) { return; }
  ok = GetQueuedCompletionStatus(port, &n, &key, &o, INFINITE); if (FALSE == ok) continue;
  if (GetQueuedCompletionStatus(port, &n, &key, &o, 1) == FALSE) break;
  while (GetQueuedCompletionStatus(port, &n, &key, &o, 0)) Sleep(0);
  WSARecv(s, &b, 1, NULL, &f, &o, NULL); WSARecv(s, &b, 1, NULL, &f, &o, NULL); WSASend(s, &b, 1, NULL, 0, NULL, NULL);
  if (WSASend(s, &b, 1, NULL, 0, &o, NULL) != 0) Die(); AcceptEx(s, a, b, 0, sizeof(A), sizeof(A), &n, &o);
  s = WSASocket(2, 1, 6, NULL, 0, 0); TerminateThread(t, 0);
  goto end; int i = 1, *p = f(), q[4] = {0}; { goto end; } end: ;
  __try { __leave; memcpy(a, b, 1); } __except (GetExceptionCode() == 1 ? 1 : GetExceptionInformation()) { GetExceptionCode(); }
  __try { __try { } __finally { AbnormalTermination(); } } __except (1) { }
}
"#;
}
