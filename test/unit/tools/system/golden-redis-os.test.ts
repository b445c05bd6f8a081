// A whole Redis OS made by LinuxKit: our tool, given its YAML and images of the same names, lays the same containers
// out. What LinuxKit writes twice (a folder of an image that it then makes itself) counts as it comes out: the last.

import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Entry } from '../../../../tools/archive/entry.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { treeInOneStream } from '../../../../tools/system/boot-entries.ts';
import { offlinePlan } from '../../../helpers/plan.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { type Member, makeTar, putTestImage } from '../../../helpers/tar.ts';
import { withoutConfinement } from '../../../helpers/without-confinement.ts';

const golden = 'test/golden/redis-os-slim';

interface Line {
	/** As `tar -tv` writes it. */
	readonly mode: string;
	readonly owner: string;
	readonly day: string;
	readonly path: string;
	readonly target: string | null;
}

function goldenLines(): Line[] {
	const lines = readFileSync(`${golden}/tree-containers.txt`, 'utf8').trimEnd().split('\n');
	return lines.map((line) => {
		const [mode = '', owner = '', , day = '', , ...rest] = line.split(/ +/);
		const [path = '', target] = rest.join(' ').split(' -> ');
		return { mode, owner, day, path, target: target ?? null };
	});
}

/** Selects the entries of the image: they have its time, 1970, and are in the container's directory. */
function imageMembers(folder: string): Member[] {
	return goldenLines()
		.filter(({ path, day }) => path.startsWith(`${folder}/`) && day === '1970-01-01')
		.map(({ mode, path, target }): Member => {
			const name = path.slice(folder.length + 1);
			if (mode.startsWith('d')) return { name: `${name}/`, type: 'directory', mode: 0o755 };
			if (target !== null) return { name, type: 'symlink', linkname: target, mode: 0o777 };
			return { name, body: name, mode: mode === '-rwxr-xr-x' ? 0o755 : 0o644 };
		});
}

async function ourContainers(t: ExecutionContext): Promise<Entry[]> {
	const store = openImageStore(scratchFolder(t));
	const Env = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];
	const program: Member = { name: 'program', body: 'x', mode: 0o755 };
	const modules = { name: 'kernel.tar', body: (await makeTar([])).toString('latin1') };
	await putTestImage(store, 'lkbase/kernel-slim:v1', [{ name: 'kernel', body: 'kernel' }, modules], {});
	for (const name of ['init', 'runc', 'containerd'])
		await putTestImage(store, `lkbase/${name}:v1`, [program], {});
	await putTestImage(store, 'lkbase/busybox:v1', imageMembers('containers/onboot/000-one/lower'), { Env });
	const command = '/usr/bin/redis-server --protected-mode no --save  --daemonize no'.split(' ');
	const redis = { Env, Cmd: command, WorkingDir: '/data' };
	await putTestImage(store, 'lkbase/redis:v1', imageMembers('containers/services/redis/lower'), redis);
	const probe = join(scratchFolder(t), 'lkprobe');
	writeFileSync(probe, 'x');
	const text = readFileSync(`${golden}/redis-os-slim.yml`, 'utf8').replace('./lkprobe', probe);
	const plan = await offlinePlan(loadConfig([{ name: 'redis-os-slim.yml', text }]), store);
	const entries: Entry[] = [];
	for await (const entry of treeInOneStream(plan, store.blobs)) {
		if (!entry.path.startsWith('containers')) continue;
		// Only JSON is looked into; every other file's bytes are the image's.
		entries.push(entry.kind === 'file' ? { ...entry, content: await kept(entry.content()) } : entry);
	}
	return entries;
}

async function kept(content: AsyncIterable<Uint8Array>): Promise<() => AsyncIterable<Uint8Array>> {
	const parts: Uint8Array[] = [];
	for await (const part of content) parts.push(part);
	return async function* () {
		yield* parts;
	};
}

const letters = { file: '-', directory: 'd', symlink: 'l' } as Readonly<Record<string, string>>;

function describe(entry: Entry): Omit<Line, 'day' | 'path'> {
	const bits = [...entry.mode.toString(2).padStart(9, '0')];
	const permissions = bits.map((bit, index) => (bit === '1' ? 'rwx'.charAt(index % 3) : '-')).join('');
	const target = entry.kind === 'symlink' ? entry.target : null;
	return { mode: `${letters[entry.kind]}${permissions}`, owner: `${entry.uid}/${entry.gid}`, target };
}

test('systemTree() lays the Redis OS out like LinuxKit: names, kinds, modes, owners, link targets', async (t) => {
	const ours = new Map((await ourContainers(t)).map((entry) => [entry.path, describe(entry)]));
	const theirs = new Map(goldenLines().map(({ path, day: _, ...line }) => [path, line]));
	t.deepEqual(Object.fromEntries(ours), Object.fromEntries(theirs));
	t.true(theirs.size > 70);
});

test('systemTree() gives the Redis OS the bundles of LinuxKit: config.json and runtime.json', async (t) => {
	const entries = new Map((await ourContainers(t)).map((entry) => [entry.path, entry]));
	const files = globSync('containers/*/*/*.json', { cwd: golden });
	t.is(files.length, 6);
	for (const path of files) {
		const entry = entries.get(path);
		if (entry?.kind !== 'file') throw new Error(`${path} is not there`);
		let text = '';
		for await (const part of entry.content()) text += Buffer.from(part).toString();
		const theirs = JSON.parse(readFileSync(join(golden, path), 'utf8'));
		const ours = JSON.parse(text);
		t.deepEqual(path.endsWith('/config.json') ? withoutConfinement(ours, theirs) : ours, theirs, path);
	}
});
