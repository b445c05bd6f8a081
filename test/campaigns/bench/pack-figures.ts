// `slipway build` beside what a person would type instead (pack-alternative.ts), in turn: the Redis OS, and synthetic
// systems of 1 GB whose layers are small or large. Blobs are in the page cache for both sides; nothing is synced.
//
// Cold: nothing of the system was packed before; the other side unpacks its images and packs the tree. Again: our
// segments are kept, and the other side's tree is still unpacked, so it only packs. Both roots are measured: one image
// (`mksquashfs`), and unpacked (`cpio | zstd`). Our tar isn't compressed and has no cache: it is compared with `tar` and
// with `tar | gzip`.

import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadConfig } from '../../../tools/config/load-config.ts';
import { openImageStore } from '../../../tools/images/store.ts';
import { slipwayProgram } from '../../helpers/system.ts';
import { type Cost, costOf, sumOf } from './cost.ts';
import { type Figure, figure } from './figure.ts';
import { initrdScript, squashfsScript, tarGzipScript, tarScript, unpackScript } from './pack-alternative.ts';
import { ensureKernelImage, ensureSyntheticImage } from './synthetic-image.ts';

const runs = 3;
const folder = resolve('build/bench');

interface PackedSystem {
	/** Before the figures' names; empty for the Redis OS. */
	readonly prefix: string;
	/** The size of the outputs. */
	readonly name: string;
	readonly file: string;
	readonly store: string;
	/** The kinds of root that its kernel can boot. */
	readonly roots: readonly Root[];
}

type Root = 'squashfs' | 'unpacked';

/** What packs the unpacked tree instead of us. */
const packScripts: Readonly<Record<Root, string>> = { squashfs: squashfsScript, unpacked: initrdScript };

const redis: PackedSystem = {
	prefix: '',
	name: 'redis-os',
	file: resolve('examples/redis-os.yml'),
	store: process.env['SLIPWAY_CACHE'] ?? resolve('build/cache'),
	roots: ['squashfs', 'unpacked'],
};

type Side = 'ours' | 'baseline';
type Task = `build-cold, ${Root}` | `build-warm, ${Root}` | 'build-tar' | 'build-tar, gzip';

export async function packFigures(note: (figure: Figure) => void): Promise<void> {
	mkdirSync(folder, { recursive: true });
	for (const system of [redis, await synthetic(20, 50), await synthetic(1, 1000)]) {
		for (const each of await figuresOf(system)) note(each);
	}
	for (const each of await smallestFigures(redis)) note(each);
}

/** With `--compression best`: once, for it takes long, and the other side has nothing like it. */
async function smallestFigures(system: PackedSystem): Promise<Figure[]> {
	rmSync(join(system.store, 'segments'), { recursive: true, force: true });
	const { wallSeconds, cpuSeconds } = await build(system, 'kernel+initrd', '--compression best');
	return [
		figure(`${system.prefix}build-cold, best`, 's', [wallSeconds]),
		figure(`${system.prefix}build-cold, best-cpu`, 's', [cpuSeconds]),
		figure(`${system.prefix}initrd-size, best`, 'MB', [initrdMegabytes(system)]),
	];
}

function initrdMegabytes({ name }: PackedSystem): number {
	return statSync(join(folder, `${name}-initrd.img`)).size / 1e6;
}

async function synthetic(layers: number, layerMegabytes: number): Promise<PackedSystem> {
	const name = `synthetic-${layers}x${layerMegabytes}`;
	const image = `bench/${name}:v1`;
	const store = join(folder, 'store');
	mkdirSync(store, { recursive: true });
	await ensureKernelImage(openImageStore(store), 'bench/kernel:v1');
	await ensureSyntheticImage(openImageStore(store), image, { layers, layerMegabytes });
	const file = join(folder, `${name}.yml`);
	writeFileSync(
		file,
		`kernel:\n  image: bench/kernel:v1\n  tar: none\nservices:\n  - name: synthetic\n    image: ${image}\n`,
	);
	return { prefix: `${layers} x ${layerMegabytes} MB, `, name, file, store, roots: ['unpacked'] };
}

async function figuresOf(system: PackedSystem): Promise<Figure[]> {
	const costs = new Map<Task, Record<Side, Cost[]>>();
	const add = (task: Task, ours: Cost, baseline: Cost): void => {
		const before = costs.get(task) ?? { ours: [], baseline: [] };
		costs.set(task, { ours: [...before.ours, ours], baseline: [...before.baseline, baseline] });
	};
	const alternative = join(folder, 'alternative');
	const config = loadConfig([{ name: system.file, text: readFileSync(system.file, 'utf8') }]);
	const theirs = async (script: string): Promise<Cost> => await costOf(`cd '${alternative}'\n${script}`);
	mkdirSync(alternative, { recursive: true });
	const sizes = new Map<Root, Record<Side, number>>();
	for (let run = 0; run < runs; run++) {
		const unpack = await theirs(unpackScript(config, system.store));
		for (const root of system.roots) {
			rmSync(join(system.store, 'segments'), { recursive: true, force: true });
			const cold = await build(system, 'kernel+initrd', `--root ${root}`);
			add(`build-cold, ${root}`, cold, sumOf(unpack, await theirs(packScripts[root])));
			const warm = await build(system, 'kernel+initrd', `--root ${root}`);
			add(`build-warm, ${root}`, warm, await theirs(packScripts[root]));
			sizes.set(root, {
				ours: initrdMegabytes(system),
				baseline: statSync(join(alternative, 'out/initrd.img')).size / 1e6,
			});
		}
		const ours = await build(system, 'tar');
		add('build-tar', ours, sumOf(unpack, await theirs(tarScript)));
		add('build-tar, gzip', ours, sumOf(unpack, await theirs(tarGzipScript)));
	}
	rmSync(alternative, { recursive: true, force: true });
	rmSync(join(folder, `${system.name}.tar`), { force: true });
	return [
		...[...costs].flatMap(([task, sides]) => costFigures(system.prefix, task, sides)),
		...[...sizes].map(([root, { ours, baseline }]) =>
			figure(`${system.prefix}initrd-size, ${root}`, 'MB', [ours], [baseline]),
		),
	];
}

async function build(
	{ name, file, store }: PackedSystem,
	format = 'kernel+initrd',
	more = '',
): Promise<Cost> {
	// The synthetic systems have no program.
	const accepted = '--accept init --accept command';
	const command = `'${slipwayProgram}' build ${accepted} ${more} --format ${format} --name ${name} --dir '${folder}' '${file}'`;
	return await costOf(command, { ...process.env, SLIPWAY_CACHE: store });
}

function costFigures(
	prefix: string,
	task: Task,
	{ ours, baseline }: Record<Side, readonly Cost[]>,
): Figure[] {
	return (
		[
			[task, 's', 'wallSeconds'],
			[`${task}-cpu`, 's', 'cpuSeconds'],
			[`${task}-peak-memory`, 'MB', 'peakMegabytes'],
		] as const
	).map(([name, unit, key]) =>
		figure(
			`${prefix}${name}`,
			unit,
			ours.map((cost) => cost[key]),
			baseline.map((cost) => cost[key]),
		),
	);
}
