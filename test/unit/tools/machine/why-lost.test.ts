import test from 'ava';
import { whyLost } from '../../../../tools/machine/why-lost.ts';

const reads = test.macro({
	exec(t, line: string, expected: string | null) {
		t.is(whyLost(line), expected);
	},
	title: (name) => `whyLost() reads ${name}`,
});

test(
	'a panic',
	reads,
	'[    2.0] Kernel panic - not syncing: dm-verity device corrupted',
	'its kernel panicked: dm-verity device corrupted',
);
test(
	'the panic of an initrd that is cut in its first program, and says what to do',
	reads,
	'[    1.8] Kernel panic - not syncing: No working init found.  Try passing init= option to kernel. See Linux Documentation/admin-guide/init.rst for guidance.',
	'its kernel panicked: No working init found. The initrd has no /init that runs: it may be cut, so copy or build it again; or its /init is of another processor',
);
test(
	'the end of the first program',
	reads,
	'[    2.6] slipway: the system cannot start: the root on /dev/vda is cut: it has 2 bytes, and 1 are there',
	'it gave up: the root on /dev/vda is cut: it has 2 bytes, and 1 are there',
);
// The shutdown goes on.
test(
	'no end in the crash of a PID 1 without its disk',
	reads,
	'[   12.0] slipway: PID 1 crashed and cannot be started again, because the disk of the root was removed',
	null,
);
test(
	'an initrd that is larger than the memory',
	reads,
	'[    0.9] Initramfs unpacking failed: write error',
	'the initrd did not fit into its memory (write error). Give it more by --memory, or let all of it be used by --append rootfstype=ramfs',
);
test('other lines', reads, '[    3.0] device-mapper: verity: 253:0: data block 9765 is corrupted', null);
