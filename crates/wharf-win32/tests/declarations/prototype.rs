//! The C prototype of an exported function.

use crate::exports::Export;

/// Parameters whose Rust type says less than Windows' prototype: function, parameter (or `->`), type.
const EXCEPTIONS: [(&str, &str, &str); 9] = [
    ("SetFileValidData", "length", "LONGLONG"),
    ("wvsprintfA", "list", "va_list"),
    ("wvsprintfW", "list", "va_list"),
    ("GetProcAddress", "->", "FARPROC"),
    ("NtAssociateWaitCompletionPacket", "AlreadySignaled", "BOOLEAN *"),
    ("SetInformationJobObject", "JobObjectInformationClass", "JOBOBJECTINFOCLASS"),
    ("QueryInformationJobObject", "JobObjectInformationClass", "JOBOBJECTINFOCLASS"),
    ("QueryUnbiasedInterruptTime", "time", "PULONGLONG"),
    ("inet_ntoa", "address", "struct in_addr"),
];

/// Names that the C library's standard headers have taken, with another prototype: a header of their own binds them.
const BOUND: [&str; 2] = ["gethostname", "select"];

/// The declaration.
pub(crate) fn of(export: &Export) -> String {
    let exception = |what: &str| {
        let found = EXCEPTIONS.iter().find(|(name, part, _)| *name == export.name && *part == what);
        found.map(|found| found.2.to_owned())
    };
    let parameters: Vec<String> = export
        .parameters
        .iter()
        .map(|(name, kind)| {
            let name = if ["default", "register", "class", "template", "new", "delete"]
                .contains(&name.as_str())
            {
                format!("{name}_")
            } else {
                name.clone()
            };
            declarator(&exception(&name).unwrap_or_else(|| c_type(kind, &export.name)), &name)
        })
        .collect();
    let parameters = if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") };
    let result = exception("->").unwrap_or_else(|| c_type(&export.result, &export.name));
    match &export.symbol {
        Some(_) if BOUND.contains(&export.name.as_str()) => {
            format!("/* {}: ../select.h */", export.name)
        }
        Some(symbol) => {
            assert_eq!(*symbol, format!("wharf_{}", export.name), "the prefix of borrowed names");
            let name = &export.name;
            format!("{}({parameters}) WHARF_AS({name});", declarator(&result, name))
        }
        None => format!("{}({parameters});", declarator(&result, &export.name)),
    }
}

/// A pointer's star stands with the name.
fn declarator(kind: &str, name: &str) -> String {
    if kind.ends_with('*') { format!("{kind}{name}") } else { format!("{kind} {name}") }
}

/// Windows' name of a Rust type.
fn c_type(kind: &str, function: &str) -> String {
    let kind = kind.replace("std::ffi::", "").replace("super::", "").replace("crate::", "");
    let simple = match kind.as_str() {
        "" => "void",
        "!" => "DECLSPEC_NORETURN void",
        "u8" => "BYTE",
        "i8" | "c_char" => "CHAR",
        "u16" => "WORD",
        "i16" => "SHORT",
        "u32" => "DWORD",
        "i32" | "c_int" => "int",
        "u64" => "ULONGLONG",
        "i64" => "LARGE_INTEGER",
        "usize" => "ULONG_PTR",
        "isize" => "LONG_PTR",
        "f32" => "float",
        "f64" => "double",
        "*mut c_void" => "LPVOID",
        "*const c_void" => "LPCVOID",
        "*const u8" | "*const c_char" | "*const i8" => "LPCSTR",
        "*mut u8" | "*mut c_char" | "*mut i8" => "LPSTR",
        "*const WCHAR" => "LPCWSTR",
        "*mut WCHAR" => "LPWSTR",
        "*mut u32" => "LPDWORD",
        "*mut i32" => "int *",
        "*mut usize" => "PULONG_PTR",
        "*mut i64" => "LARGE_INTEGER *",
        _ => "",
    };
    if !simple.is_empty() {
        return simple.to_owned();
    }
    if let Some(target) = kind.strip_prefix("*mut ") {
        return pointer(&c_type(target, function));
    }
    if let Some(target) = kind.strip_prefix("*const ") {
        return pointer(&format!("const {}", c_type(target, function)));
    }
    let name = kind.rsplit("::").next().expect("a path has a last part");
    assert!(
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
        "{function}: {kind} needs a name, or an exception here"
    );
    name.to_owned()
}

fn pointer(target: &str) -> String {
    if target.ends_with('*') { format!("{target}*") } else { format!("{target} *") }
}
