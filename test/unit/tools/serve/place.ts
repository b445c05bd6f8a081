// Files to serve, and settings whose reports a test reads.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BootSettings } from '../../../../tools/serve/boot-answer.ts';
import type { ServeEvent } from '../../../../tools/serve/serve-event.ts';
import { servedFiles } from '../../../../tools/serve/served-files.ts';
import { type Owner, scratchFolder } from '../../../helpers/scratch.ts';

interface ServePlace {
	readonly folder: string;
	readonly settings: BootSettings;
	readonly events: ServeEvent[];
}

/** @param files - contents by path */
export async function servePlace(
	t: Owner,
	files: Readonly<Record<string, string | Buffer>>,
	settings: Partial<BootSettings> = {},
): Promise<ServePlace> {
	const folder = join(scratchFolder(t), 'served');
	mkdirSync(folder);
	for (const [path, content] of Object.entries(files)) {
		mkdirSync(join(folder, path, '..'), { recursive: true });
		writeFileSync(join(folder, path), content);
	}
	const events: ServeEvent[] = [];
	return {
		folder,
		events,
		settings: {
			files: await servedFiles([folder], {}),
			machines: [],
			system: null,
			report: (event) => events.push(event),
			...settings,
		},
	};
}

export const webSystem = {
	'web-kernel': 'KERNEL',
	'web-initrd.img': 'INITRD',
	'web-cmdline': 'console=ttyS0\n',
} as const;
