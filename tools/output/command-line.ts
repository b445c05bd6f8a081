// The kernel's command line of a system (`NAME-cmdline`): the YAML's `cmdline`, and the words that Slipway adds. Each word is
// left out where the YAML has a word of its own for the same matter. Pure.

/** @param withRoot - the YAML's `cmdline` with the words about the root (root-type.ts) */
export function systemCommandLine(withRoot: string): string {
	return withoutWeakCheck(withoutSelfTests(withRoot));
}

/**
 * Debian's kernels test each implementation of each cipher at every boot: 3.5 of the 5.7 seconds of an emulated kernel. The
 * kernel's own default is to leave the tests out, and LinuxKit's kernels do. With `fips=1` the kernel tests in any case
 * (crypto/testmgr.c).
 */
function withoutSelfTests(commandLine: string): string {
	const isNamed = commandLine.split(/\s+/).some((word) => word.startsWith('cryptomgr.'));
	return isNamed ? commandLine : `${commandLine} cryptomgr.notests`.trim();
}

/**
 * Debian's kernels look up the names of all functions that can be traced at every boot, to mark weak ones that the linker
 * replaced (`FTRACE_MCOUNT_MAX_OFFSET` in kernel/trace/ftrace.c): 0.26 s of an emulated kernel. Without the marks tracing works, and may
 * also enable places that never run. A kernel without this initcall ignores the word.
 */
function withoutWeakCheck(commandLine: string): string {
	const isNamed = commandLine.split(/\s+/).some((word) => word.startsWith('initcall_blacklist='));
	return isNamed ? commandLine : `${commandLine} initcall_blacklist=ftrace_check_for_weak_functions`.trim();
}
