import test, { type ExecutionContext } from 'ava';
import {
	type DebianMachine,
	installPackages,
	missingPackages,
} from '../../../../tools/build/debian-packages.ts';

interface Recorded {
	readonly machine: DebianMachine;
	/** The command lines that ran as root. */
	readonly ran: string[];
	readonly printed: string[];
}

function recording(differences: Partial<DebianMachine> = {}, fails: readonly string[] = []): Recorded {
	const ran: string[] = [];
	const printed: string[] = [];
	const machine: DebianMachine = {
		query: () => 'ii  kmod\nrc  cpio\n',
		hasPackageLists: true,
		isRootFree: () => true,
		asRoot(program, args) {
			const line = [program, ...args].join(' ');
			ran.push(line);
			return fails.some((word) => line.includes(word)) ? 'failed' : 'done';
		},
		print: (line) => printed.push(line),
		...differences,
	};
	return { machine, ran, printed };
}

const install = 'env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends cpio zstd';

test('missingPackages() counts a removed package with left configuration as missing', (t) => {
	t.deepEqual(missingPackages(['kmod', 'cpio', 'zstd'], 'ii  kmod\nrc  cpio\n'), ['cpio', 'zstd']);
});

test('installPackages() installs what is missing, after the lists', (t) => {
	const { machine, ran } = recording();
	installPackages(['kmod', 'cpio', 'zstd'], machine);
	t.deepEqual(ran, ['apt-get update -q', install]);
});

test('installPackages() refreshes the lists when nothing is missing and root costs no question', (t) => {
	const { machine, ran } = recording();
	installPackages(['kmod'], machine);
	t.deepEqual(ran, ['apt-get update -q']);
});

test('installPackages() runs nothing as root when nothing is missing and sudo would ask', (t) => {
	const { machine, ran, printed } = recording({ isRootFree: () => false });
	installPackages(['kmod'], machine);
	t.deepEqual(ran, []);
	t.regex(printed.join('\n'), /"sudo apt-get update"/);
});

test('installPackages() fetches lists that are absent, also when sudo asks', (t) => {
	const { machine, ran } = recording({ isRootFree: () => false, hasPackageLists: false });
	installPackages(['kmod'], machine);
	t.deepEqual(ran, ['apt-get update -q']);
});

test('installPackages() goes on without new lists', (t: ExecutionContext) => {
	const { machine, ran, printed } = recording({}, ['update']);
	installPackages(['cpio', 'zstd'], machine);
	t.deepEqual(ran, ['apt-get update -q', install]);
	t.regex(printed.join('\n'), /apt-get update failed/);
});

test('installPackages() names the packages that apt does not install', (t) => {
	const { machine } = recording({}, ['install']);
	t.throws(() => installPackages(['cpio'], machine), { message: /can't be installed: cpio/ });
});
