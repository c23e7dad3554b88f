//! The command `wharf`.

fn main() -> std::process::ExitCode {
    wharf_cli::main()
}
