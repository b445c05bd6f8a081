import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { main } from '../../../../tools/cli.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { parseModuleList } from '../../../../tools/system/kept-modules.ts';
import { runCommand } from '../../../helpers/command.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { makeTar, putTestImage } from '../../../helpers/tar.ts';

const lsmod = `Module                  Size  Used by
e1000e                282624  0
snd_hda_intel          61440  2
virtio_blk             28672  1 # built in
`;

test('parseModuleList() reads names and the output of lsmod', (t) => {
	t.deepEqual(parseModuleList(lsmod), ['e1000e', 'snd_hda_intel', 'virtio_blk']);
	t.deepEqual(parseModuleList('# disks\nusb-storage\n\n  ahci.ko \r\nahci\n'), ['usb_storage', 'ahci']);
	t.deepEqual(parseModuleList(''), []);
});

const root = 'lib/modules/6.1';
const modules = ['fs/overlayfs/overlay', 'net/e1000e/e1000e', 'net/ptp/ptp', 'net/pps/pps', 'md/raid1'];

async function place(t: ExecutionContext) {
	const folder = scratchFolder(t);
	mkdirSync(join(folder, 'out'));
	const store = openImageStore(join(folder, 'store'));
	const kernelTar = await makeTar([
		...modules.map((path) => ({ name: `${root}/kernel/${path}.ko`, body: 'm'.repeat(1000) })),
		{ name: `${root}/modules.builtin`, body: 'kernel/block/virtio-blk.ko\n' },
		{
			name: `${root}/modules.dep`,
			body: modules
				.map((path) => `kernel/${path}.ko:${path.endsWith('e1000e') ? ' kernel/net/ptp/ptp.ko' : ''}\n`)
				.join(''),
		},
		{ name: `${root}/modules.softdep`, body: '# Soft\nsoftdep ptp pre: pps\nsoftdep raid1 pre: crc32\n' },
		{
			name: `${root}/modules.alias`,
			body: '# Aliases\nalias pci:v00008086* e1000e\nalias md-raid1 raid1\nalias md-level-1 raid1\n',
		},
	]);
	await putTestImage(store, 't/kernel:v1', [
		{ name: 'kernel', body: 'k' },
		{ name: 'kernel.tar', body: kernelTar.toString('latin1') },
	]);
	const yaml = join(folder, 'os.yml');
	writeFileSync(yaml, 'kernel: { image: "t/kernel:v1" }\n');
	const list = join(folder, 'list');
	const out = join(folder, 'out');
	const build = async (text: string, file = yaml) => {
		writeFileSync(list, text);
		const options = ['--offline', '--cache', store.folder, '--dir', out, '--format', 'tar'];
		return await runCommand({ run: main }, 'build', ...options, '--modules', list, file);
	};
	const tar = async (...args: readonly string[]) => (await runProgram('tar', [...args])).stdout;
	return { folder, build, tar, archive: join(out, 'os.tar') };
}

test('slipway build --modules keeps what is named and needed, and cuts the indexes', async (t) => {
	const { build, tar, archive } = await place(t);
	const { exitCode, err } = await build(lsmod);
	t.is(exitCode, 0, err);
	t.regex(err, /^--modules: the kernel t\/kernel:v1 does not have snd_hda_intel\.$/m);
	t.regex(err, /^modules: 4 of 5 kept, 4\.0 kB of 5\.0 kB \(--modules\)$/m);
	const files = (await tar('-tf', archive)).split('\n');
	const kept = files.filter((path) => path.startsWith(`${root}/kernel/`));
	const expected = ['fs/', 'fs/overlayfs/', 'fs/overlayfs/overlay.ko', 'net/', 'net/e1000e/', 'net/ptp/'];
	expected.push('net/e1000e/e1000e.ko', 'net/ptp/ptp.ko', 'net/pps/', 'net/pps/pps.ko', '');
	t.deepEqual(kept.sort(), expected.map((path) => `${root}/kernel/${path}`).sort());
	t.is(await tar('-xOf', archive, `${root}/modules.alias`), '# Aliases\nalias pci:v00008086* e1000e\n');
	t.is(await tar('-xOf', archive, `${root}/modules.softdep`), '# Soft\nsoftdep ptp pre: pps\n');
	t.false((await tar('-xOf', archive, `${root}/modules.dep`)).includes('raid1'));
});

test('slipway build --modules refuses a list without names, a file that is not there and a system without modules', async (t) => {
	const { folder, build } = await place(t);
	t.regex((await build('# nothing\n')).err, /expected names of modules, one a line, or the output of lsmod/);
	const other = join(folder, 'none.yml');
	writeFileSync(other, 'kernel: { image: "t/kernel:v1", tar: none }\n');
	t.regex((await build('ahci\n', other)).err, /no kernel modules to choose from/);
	const missing = await runCommand({ run: main }, 'build', '--modules', join(folder, 'nowhere'), other);
	t.is(missing.exitCode, 1);
});
