// Media from packed images that are kept, beside a copy of the file that comes out, in turn: whoever makes a medium waits for its bytes in
// any case.

import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { slipwayProgram } from '../../helpers/system.ts';
import { costOf } from './cost.ts';
import { type Figure, figure } from './figure.ts';

const runs = 5;
const folder = resolve('build/bench/media');

/** By their formats: the file of each. */
const media = {
	iso: 'redis-os.iso',
	'raw-efi': 'redis-os-efi.img',
	'kernel+erofs': 'redis-os-erofs.img',
} as const;

export async function mediaFigures(note: (figure: Figure) => void): Promise<void> {
	mkdirSync(folder, { recursive: true });
	for (const [format, name] of Object.entries(media)) {
		const file = join(folder, name);
		const build = `'${slipwayProgram}' build --format ${format} --name redis-os --dir '${folder}' examples/redis-os.yml`;
		await costOf(build);
		const [ours, baseline]: [number[], number[]] = [[], []];
		for (let run = 0; run < runs; run++) {
			ours.push((await costOf(build)).wallSeconds);
			baseline.push(
				(await costOf(`cp --reflink=never '${file}' '${file}.copy'; rm '${file}.copy'`)).wallSeconds,
			);
		}
		note(figure(`build-warm, ${format}`, 's', ours, baseline));
	}
	rmSync(folder, { recursive: true, force: true });
}
