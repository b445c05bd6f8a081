// The lines of a console by which a guest says that it can't go on, in words for people.

/** Hints for panics that say little. */
const hints: readonly (readonly [panic: RegExp, hint: string])[] = [
	[
		/^No working init found/,
		'. The initrd has no /init that runs: it may be cut, so copy or build it again; or its /init is of another processor',
	],
];

/** Returns the reason from a line by which the kernel reports that it can't continue, in words that follow "when"; else null. */
export function whyLost(line: string): string | null {
	const panic = /Kernel panic - not syncing: (.*)/.exec(line)?.[1];
	if (panic !== undefined) {
		const hint = hints.find(([pattern]) => pattern.test(panic))?.[1];
		// The hint takes the place of the kernel's own advice, which does not help here.
		return `its kernel panicked: ${hint === undefined ? panic : `${panic.replace(/\..*/, '')}${hint}`}`;
	}
	// The first program of a root that is one image (native/first/message.c) ends without a panic.
	const cannotStart = /slipway: the system cannot start: (.*)/.exec(line)?.[1];
	if (cannotStart !== undefined) return `it gave up: ${cannotStart}`;
	const unpacking = /Initramfs unpacking failed: (.*)/.exec(line)?.[1];
	if (unpacking === undefined) return null;
	return (
		`the initrd did not fit into its memory (${unpacking}). ` +
		'Give it more by --memory, or let all of it be used by --append rootfstype=ramfs'
	);
}
