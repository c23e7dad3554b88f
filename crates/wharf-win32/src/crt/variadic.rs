//! printf and its kin with their arguments behind the format: each makes a list of them and goes on with it.
//!
//! Stable Rust cannot define a function with variable arguments, so these are what a C compiler makes of one: the
//! registers that may hold arguments are saved, and a `va_list` tells where they and the stack's are.
//!
//! References: the psABI for x86-64, 3.5.7; AAPCS64, appendix B, and the procedure call standard's parameter passing.
#![allow(unsafe_code)] // functions of instructions only

use std::arch::naked_asm;

/// `$fixed` named arguments; the list goes into `$list`, the register of the argument behind them.
#[cfg(target_arch = "x86_64")]
macro_rules! variadic {
    ($name:ident, $fixed:literal, $list:literal, $arm:literal, $target:path) => {
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        pub(super) unsafe extern "C" fn $name() {
            naked_asm!(
                "sub rsp, 216",
                "mov [rsp + 32], rdi",
                "mov [rsp + 40], rsi",
                "mov [rsp + 48], rdx",
                "mov [rsp + 56], rcx",
                "mov [rsp + 64], r8",
                "mov [rsp + 72], r9",
                "test al, al",
                "je 2f",
                "movaps [rsp + 80], xmm0",
                "movaps [rsp + 96], xmm1",
                "movaps [rsp + 112], xmm2",
                "movaps [rsp + 128], xmm3",
                "movaps [rsp + 144], xmm4",
                "movaps [rsp + 160], xmm5",
                "movaps [rsp + 176], xmm6",
                "movaps [rsp + 192], xmm7",
                "2:",
                concat!("mov dword ptr [rsp], 8*", $fixed),
                "mov dword ptr [rsp + 4], 48",
                "lea rax, [rsp + 224]",
                "mov [rsp + 8], rax",
                "lea rax, [rsp + 32]",
                "mov [rsp + 16], rax",
                concat!("mov ", $list, ", rsp"),
                "call {target}",
                "add rsp, 216",
                "ret",
                target = sym $target,
            )
        }
    };
}

#[cfg(target_arch = "aarch64")]
macro_rules! variadic {
    ($name:ident, $fixed:literal, $list:literal, $arm:literal, $target:path) => {
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        pub(super) unsafe extern "C" fn $name() {
            naked_asm!(
                "sub sp, sp, #256",
                "stp x29, x30, [sp]",
                "mov x29, sp",
                "stp x0, x1, [sp, #64]",
                "stp x2, x3, [sp, #80]",
                "stp x4, x5, [sp, #96]",
                "stp x6, x7, [sp, #112]",
                "stp q0, q1, [sp, #128]",
                "stp q2, q3, [sp, #160]",
                "stp q4, q5, [sp, #192]",
                "stp q6, q7, [sp, #224]",
                "add x9, sp, #256",
                "str x9, [sp, #16]",
                "add x10, sp, #128",
                "str x10, [sp, #24]",
                "str x9, [sp, #32]",
                concat!("mov w9, #-(64 - 8*", $fixed, ")"),
                "mov w10, #-128",
                "stp w9, w10, [sp, #40]",
                concat!("add ", $arm, ", sp, #16"),
                "bl {target}",
                "ldp x29, x30, [sp]",
                "add sp, sp, #256",
                "ret",
                target = sym $target,
            )
        }
    };
}

variadic!(wharf_printf, "1", "rsi", "x1", super::print::wharf_vprintf);
variadic!(wharf_fprintf, "2", "rdx", "x2", super::print::wharf_vfprintf);
variadic!(wharf_sprintf, "2", "rdx", "x2", super::print::wharf_vsprintf);
variadic!(wharf_snprintf, "3", "rcx", "x3", super::print::wharf_vsnprintf);
variadic!(wharf_wprintf, "1", "rsi", "x1", super::print::wharf_vwprintf);
variadic!(wharf_fwprintf, "2", "rdx", "x2", super::print::wharf_vfwprintf);
variadic!(wharf_swprintf, "3", "rcx", "x3", super::print::wharf_vswprintf);
