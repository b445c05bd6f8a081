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

interface Instruction {
	readonly code: number;
	readonly to?: number;
	readonly from?: number;
	readonly offset?: number;
	readonly value?: number;
}

/** Returns the instructions (`struct bpf_insn`, little-endian). */
export function deviceFilter(rules: readonly DeviceRule[]): Uint8Array {
	const program: Instruction[] = [
		{ code: op.load, to: 2, from: 1, offset: 0 },
		{ code: op.copy, to: 3, from: 2 },
		{ code: op.and, to: 3, value: 0xffff },
		{ code: op.shift, to: 2, value: 16 },
		{ code: op.load, to: 4, from: 1, offset: 4 },
		{ code: op.load, to: 5, from: 1, offset: 8 },
		...[...rules, ...commonRules].toReversed().flatMap(ruleCode),
		...decide(false),
	];
	const bytes = Buffer.alloc(8 * program.length);
	for (const [index, { code, to = 0, from = 0, offset = 0, value = 0 }] of program.entries()) {
		bytes.writeUInt8(code, 8 * index);
		bytes.writeUInt8((from << 4) | to, 8 * index + 1);
		bytes.writeInt16LE(offset, 8 * index + 2);
		bytes.writeInt32LE(value, 8 * index + 4);
	}
	return bytes;
}

/** Each test jumps over the rest of the rule when it does not fit. */
function ruleCode({ allow, type, major, minor, access }: DeviceRule): Instruction[] {
	const bits = [...access].reduce((sum, letter) => sum | (accessBits[letter] ?? 0), 0);
	const tests: Instruction[] = [];
	if (type !== 'a') tests.push({ code: op.unequal, to: 3, value: kinds[type] });
	if (bits !== allAccess) {
		// An allowed access is within the rule's; a refused one has something of it.
		tests.push(
			{ code: op.copy, to: 0, from: 2 },
			{ code: op.and, to: 0, value: allow ? allAccess & ~bits : bits },
		);
		tests.push({ code: allow ? op.unequal : op.equal, to: 0, value: 0 });
	}
	if (major !== null) tests.push({ code: op.unequal, to: 4, value: major });
	if (minor !== null) tests.push({ code: op.unequal, to: 5, value: minor });
	const end = [...tests, ...decide(allow)];
	return end.map((each, index) =>
		each.code === op.unequal || each.code === op.equal ? { ...each, offset: end.length - index - 1 } : each,
	);
}

function decide(allowed: boolean): Instruction[] {
	return [{ code: op.set, to: 0, value: allowed ? 1 : 0 }, { code: op.exit }];
}
