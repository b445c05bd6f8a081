// The program that decides which devices a container's cgroup may use (BPF_PROG_TYPE_CGROUP_DEVICE,
// Documentation/admin-guide/cgroup-v2.rst). Pure.
//
// The rules are those of `linux.resources.devices`, then runc's own for the devices that every container has. A later rule
// decides over an earlier one; what no rule names is refused.

export interface DeviceRule {
	readonly allow: boolean;
	/** `a` is both kinds. */
	readonly type: 'a' | 'b' | 'c';
	/** Null: all. */
	readonly major: number | null;
	readonly minor: number | null;
	/** Letters of `rwm`. */
	readonly access: string;
}

const allow = (type: 'b' | 'c', major: number | null, minor: number | null, access = 'rwm'): DeviceRule => ({
	allow: true,
	type,
	major,
	minor,
	access,
});

/** What every container may use: its own nodes, terminals, and mknod(2) of a node that it then can't open. */
const commonRules: readonly DeviceRule[] = [
	allow('c', null, null, 'm'),
	allow('b', null, null, 'm'),
	...[3, 5, 7, 8, 9].map((minor) => allow('c', 1, minor)),
	allow('c', 5, 0),
	allow('c', 5, 2),
	allow('c', 136, null),
];

/** Bits of `struct bpf_cgroup_dev_ctx` (linux/bpf.h). */
const kinds = { b: 1, c: 2 };
const accessBits: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };
const allAccess = 7;

/** linux/bpf_common.h and linux/bpf.h. Registers: 1 is the context, 2 the access, 3 the kind, 4 and 5 the numbers. */
const op = {
	load: 0x61,
	copy: 0xbc,
	set: 0xb4,
	and: 0x54,
	shift: 0x74,
	unequal: 0x55,
	equal: 0x15,
	exit: 0x95,
};

/**
 * Returns the instructions (`struct bpf_insn`, little-endian), each as two words: operation, registers and jump, then the operand.
 * Plain loops: PID 1 runs this cold, at each boot.
 */
export function deviceFilter(rules: readonly DeviceRule[]): Uint8Array {
	const words: number[] = [];
	const add = (code: number, to: number, from = 0, offset = 0, value = 0): void => {
		words.push(code | (to << 8) | (from << 12) | (offset << 16), value);
	};
	const decide = (allowed: boolean): void => {
		add(op.set, 0, 0, 0, allowed ? 1 : 0);
		add(op.exit, 0);
	};
	add(op.load, 2, 1, 0);
	add(op.copy, 3, 2);
	add(op.and, 3, 0, 0, 0xffff);
	add(op.shift, 2, 0, 0, 16);
	add(op.load, 4, 1, 4);
	add(op.load, 5, 1, 8);
	for (const ordered of [commonRules, rules]) {
		for (let index = ordered.length - 1; index >= 0; index--) {
			const rule = ordered[index];
			if (rule !== undefined) addRule(rule, add, decide);
		}
	}
	decide(false);
	return Buffer.from(Int32Array.from(words).buffer);
}

/** Each test jumps over the rest of the rule when it does not fit. */
function addRule(
	{ allow, type, major, minor, access }: DeviceRule,
	add: (code: number, to: number, from?: number, offset?: number, value?: number) => void,
	decide: (allowed: boolean) => void,
): void {
	let bits = 0;
	for (const letter of access) bits |= accessBits[letter] ?? 0;
	// The decision's two instructions, then those of the tests that follow.
	let rest = 2 + (minor === null ? 0 : 1) + (major === null ? 0 : 1);
	const accessInstructions = bits === allAccess ? 0 : 3;
	if (type !== 'a') add(op.unequal, 3, 0, rest + accessInstructions, kinds[type]);
	if (bits !== allAccess) {
		// An allowed access is within the rule's; a refused one has something of it.
		add(op.copy, 0, 2);
		add(op.and, 0, 0, 0, allow ? allAccess & ~bits : bits);
		add(allow ? op.unequal : op.equal, 0, 0, rest, 0);
	}
	if (major !== null) add(op.unequal, 4, 0, --rest, major);
	if (minor !== null) add(op.unequal, 5, 0, --rest, minor);
	decide(allow);
}
