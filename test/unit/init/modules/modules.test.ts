import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { AliasIndex } from '../../../../init/modules/alias-index.ts';
import { findModaliases, findModaliasesOnBuses } from '../../../../init/modules/find-modaliases.ts';
import { matchesGlob } from '../../../../init/modules/matches-glob.ts';
import { ModuleLoader } from '../../../../init/modules/module-loader.ts';
import { moduleName } from '../../../../init/modules/module-name.ts';
import { ModuleTree } from '../../../../init/modules/module-tree.ts';
import { parseUevent } from '../../../../init/modules/uevents.ts';
import { parseModprobeArguments } from '../../../../init/programs/modprobe.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { globCases } from '../../../helpers/glob-cases.ts';

const globs = test.macro({
	exec(t, text: string, glob: string, expected: boolean) {
		t.is(matchesGlob(text, glob), expected);
	},
	title: (_, text, glob, expected) => `matchesGlob() ${text} ${expected ? 'is' : 'is not'} ${glob}`,
});
for (const globCase of globCases) test(globs, ...globCase);

const aliasFile = `# Aliases extracted from modules themselves.
alias virtio:d00000001v* virtio_net
alias virtio:d00000002v* virtio_blk
alias pci:v00001AF4d*sv*sd*bc*sc*i* virtio_pci
alias pci:v*d*sv*sd*bc02sc00i* generic_net
alias fs-overlay overlay
alias cpu:type:x86,ven*fam*mod*:feature:*0081* aesni_intel
alias *:weird weird
`;

const aliases = test.macro({
	exec(t, modalias: string, expected: readonly string[]) {
		t.deepEqual(new AliasIndex(aliasFile).modulesFor(modalias), expected);
	},
	title: (_, modalias) => `AliasIndex.modulesFor() ${modalias}`,
});
test(aliases, 'virtio:d00000001v00001AF4', ['virtio_net']);
test(aliases, 'pci:v00001AF4d00001000sv00001AF4sd00000001bc02sc00i00', ['virtio_pci', 'generic_net']);
test(aliases, 'cpu:type:x86,ven0fam6mod3F:feature:,0080,0081,', ['aesni_intel']);
test(aliases, 'fs-overlay', ['overlay']);
test(aliases, 'usb:v0000', []);
test(aliases, 'usb:weird', ['weird']);

function makeTree(files: Readonly<Record<string, string>>): { folder: string; tree: () => ModuleTree } {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-modules-'));
	for (const name of ['modprobe.d', 'lib.d']) mkdirSync(join(folder, name));
	for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
	return { folder, tree: () => new ModuleTree(folder, [join(folder, 'modprobe.d'), join(folder, 'lib.d')]) };
}

const virtio = {
	'modules.dep': `kernel/virtio_net.ko: kernel/net_failover.ko kernel/failover.ko kernel/virtio.ko kernel/virtio_ring.ko
kernel/net_failover.ko: kernel/failover.ko
kernel/failover.ko:
kernel/virtio.ko: kernel/virtio_ring.ko
kernel/virtio_ring.ko:
kernel/crc32-pclmul.ko:
kernel/ext4.ko:
`,
	'modules.alias': aliasFile,
	'modules.softdep': 'softdep ext4 pre: crc32-pclmul\nsoftdep failover post: ext4\n',
	'modules.builtin': 'kernel/fs/tmpfs-x.ko\n',
	'modprobe.d/a.conf': 'options virtio_net napi_tx=1\nblacklist virtio-blk\noptions virtio-net gso=0\n',
};

test('ModuleTree.filesFor() lists dependencies first, and soft dependencies in their order', (t) => {
	const { folder, tree } = makeTree(virtio);
	t.teardown(() => rmSync(folder, { recursive: true }));
	t.deepEqual(
		tree()
			.filesFor('virtio-net')
			.map(({ name, options }) => `${name} ${options}`.trim()),
		[
			'virtio_ring',
			'virtio',
			'failover',
			'crc32_pclmul',
			'ext4',
			'net_failover',
			'virtio_net napi_tx=1 gso=0',
		],
	);
	t.true(tree().isKnown('tmpfs_x'), 'a built-in one is known');
	t.deepEqual(tree().filesFor('tmpfs_x'), [], 'and needs no file');
	t.deepEqual(tree().modulesForAlias('virtio:d00000002v1'), [], 'a blacklisted one has no aliases');
});

const settings = {
	...virtio,
	'modprobe.d/b.conf': `# A comment
alias  net-pf-31\tvirtio_net
alias virtio:d00000001* ext4
alias net-pf-10 off
alias ext4 failover
options ext4 a=1 \\
  b=2
install virtio-ring /bin/true
install crc32-pclmul /usr/bin/false
install net_failover /sbin/modprobe --ignore-install net_failover && touch /tmp/pwned
softdep virtio_net post: crc32-pclmul
`,
	'lib.d/b.conf': 'alias ext4 virtio\n',
	'lib.d/c.conf': 'options failover c=3\n',
	'lib.d/README': 'blacklist ext4\n',
};

test('ModuleTree takes aliases of modprobe.d before names and the modules’ own aliases', (t) => {
	const { folder, tree } = makeTree(settings);
	t.teardown(() => rmSync(folder, { recursive: true }));
	t.deepEqual(tree().modulesForAlias('net-pf-31'), ['virtio_net']);
	t.deepEqual(tree().modulesForAlias('virtio:d00000001v1'), ['ext4'], 'in place of virtio_net');
	t.deepEqual(tree().modulesForName('net-pf-10'), [], 'off');
	t.deepEqual(tree().modulesForName('ext4'), ['failover'], 'the first folder’s file of a name counts alone');
	t.deepEqual(tree().modulesForName('virtio-net'), ['virtio-net']);
	t.deepEqual(tree().modulesForName('nothing'), []);
});

test('ModuleTree leaves out modules that an install line disables, and runs no command', (t) => {
	const { folder, tree } = makeTree(settings);
	t.teardown(() => rmSync(folder, { recursive: true }));
	t.deepEqual(
		tree()
			.filesFor('virtio-net')
			.map(({ name, options }) => `${name} ${options}`.trim()),
		['virtio', 'failover c=3', 'ext4 a=1 b=2', 'net_failover', 'virtio_net napi_tx=1 gso=0'],
	);
	t.deepEqual(tree().filesFor('virtio_ring'), []);
	t.deepEqual(
		['virtio-ring', 'crc32_pclmul', 'net_failover'].map((name) => tree().isForbidden(name)),
		[false, true, false],
	);
});

test('ModuleTree of a missing folder is empty', (t) => {
	t.is(new ModuleTree('/nowhere', ['/nowhere']).size, 0);
});

test('ModuleLoader tries each file once and reports why one did not load', (t) => {
	const { folder, tree } = makeTree({
		'modules.dep': 'a.ko: b.ko\nb.ko:\n',
		'a.ko': '',
		'b.ko': '',
	});
	t.teardown(() => rmSync(folder, { recursive: true }));
	const failures: string[] = [];
	let count = 0;
	const { native, calls } = createFakeNative({
		finitModule: () => {
			count += 1;
			if (count === 2) throw new Error('Exec format error');
		},
	});
	const loader = new ModuleLoader(native, tree(), ({ name, reason }) => failures.push(`${name}: ${reason}`));
	t.deepEqual(loader.load('a'), ['b']);
	t.deepEqual(failures, ['a: Exec format error']);
	t.deepEqual(loader.load('a'), []);
	t.is(calls.length, 2);
});

test('moduleName() drops folders, endings and hyphens', (t) => {
	t.is(moduleName('kernel/net/nf-x.ko.xz'), 'nf_x');
	t.is(moduleName('kernel/net/nf_y.ko'), 'nf_y');
});

test('findModaliases() follows no links and drops blanks', (t) => {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-sys-'));
	t.teardown(() => rmSync(folder, { recursive: true }));
	mkdirSync(join(folder, 'pci0/dev1'), { recursive: true });
	writeFileSync(join(folder, 'pci0/dev1/modalias'), 'pci:v1\n');
	writeFileSync(join(folder, 'pci0/modalias'), '\n');
	symlinkSync('..', join(folder, 'pci0/dev1/subsystem'));
	t.deepEqual([...findModaliases(folder)], ['pci:v1']);
});

test('findModaliasesOnBuses() reads the devices of a bus, also when some have no modalias', (t) => {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-sys-'));
	t.teardown(() => rmSync(folder, { recursive: true }));
	for (const device of ['bus/pci/devices', 'bus/empty', 'bus/node/devices/node0', 'real/dev1', 'real/dev2']) {
		mkdirSync(join(folder, device), { recursive: true });
	}
	for (const device of ['dev1', 'dev2']) {
		writeFileSync(join(folder, 'real', device, 'modalias'), 'pci:v1\n');
		symlinkSync(`../../../real/${device}`, join(folder, 'bus/pci/devices', device));
	}
	t.deepEqual([...findModaliasesOnBuses(join(folder, 'bus'))], ['pci:v1']);
	t.deepEqual([...findModaliasesOnBuses('/nowhere')], []);
});

test('ModuleTree.modulesForAlias() finds the module of a symbol', (t) => {
	const { folder, tree } = makeTree({ 'modules.symbols': 'alias symbol:crc32c libcrc32c\n' });
	t.teardown(() => rmSync(folder, { recursive: true }));
	t.deepEqual(tree().modulesForAlias('symbol:crc32c'), ['libcrc32c']);
	t.deepEqual(tree().modulesForAlias('symbol:other'), []);
});

test('parseUevent() reads the kernel’s messages and ignores udev’s', (t) => {
	const datagram = (...parts: string[]): Buffer => Buffer.from(`${parts.join('\0')}\0`);
	const event = parseUevent(datagram('add@/devices/x', 'ACTION=add', 'MODALIAS=virtio:d1v2'));
	t.deepEqual(event, { action: 'add', path: '/devices/x', modalias: 'virtio:d1v2', disk: null });
	const disk = datagram('remove@/devices/x/block/vda', 'SUBSYSTEM=block', 'MAJOR=254', 'MINOR=16');
	t.is(parseUevent(disk)?.disk, '254:16');
	t.is(parseUevent(datagram('remove@/devices/x/rtc0', 'SUBSYSTEM=rtc', 'MAJOR=254', 'MINOR=0'))?.disk, null);
	t.is(parseUevent(datagram('remove@/devices/x'))?.modalias, null);
	t.is(parseUevent(datagram('libudev')), null);
});

const modprobeCalls = test.macro({
	exec(t, line: string, names: string, quiet: boolean, unknownOption: string | null) {
		const { parameters, ...request } = parseModprobeArguments(line.split(' '));
		t.deepEqual(request, { names: names.split(' '), quiet, unknownOption });
		t.is(parameters, '');
	},
	title: (_, line) => `parseModprobeArguments() ${line}`,
});
test(modprobeCalls, '-q -- fs-ext4', 'fs-ext4', true, null);
test(modprobeCalls, '-abq overlay veth', 'overlay veth', true, null);
test(modprobeCalls, '-r overlay', 'overlay', false, '-r');
test(modprobeCalls, '-- -odd', '-odd', false, null);
test(modprobeCalls, '-a wireguard veth', 'wireguard veth', false, null);

test('parseModprobeArguments() without -a reads the words after the module as its parameters', (t) => {
	t.like(parseModprobeArguments(['loop', 'max_loop=8', 'hw_queue_depth=2']), {
		names: ['loop'],
		parameters: 'max_loop=8 hw_queue_depth=2',
	});
});

test('ModuleLoader gives parameters to the named module only, after those of modprobe.d', (t) => {
	const { folder, tree } = makeTree({
		'modules.dep': 'own-name.ko: b.ko\nb.ko:\n',
		'own-name.ko': '',
		'b.ko': '',
		'modprobe.d/a.conf': 'options own_name x=1\n',
	});
	t.teardown(() => rmSync(folder, { recursive: true }));
	const { native, calls } = createFakeNative();
	new ModuleLoader(native, tree(), () => t.fail()).load('own-name', 'x=2 y=3');
	t.deepEqual(
		calls.map(({ args }) => args[1]),
		['', 'x=1 x=2 y=3'],
	);
});
