// Volumes as PID 1 mounts them, seen from outside of its namespaces.

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parseMountInfo } from '../../native/linux/mountinfo.ts';
import { buildInitOnce, startGuest } from './guest-init.ts';

test.before(buildInitOnce);

const prepare = `
cd containers/volumes 2>/dev/null || { mkdir -p containers/volumes; cd containers/volumes; }
mkdir -p data/lower data/tmp data/merged blank/lower blank/tmp blank/merged fixed/lower fixed/tmp fixed/merged
touch fixed/readonly
printf hello > data/lower/file
printf hello > fixed/lower/file
chown 101:202 data/lower
chmod 750 data/lower
cd ../..
`;

test('the volumes of a system are there before it is ready: writable, blank and read-only', async (t) => {
	const guest = await startGuest({ prepare });
	t.teardown(() => guest.stop());
	await guest.waitFor('readiness', () => guest.events.some(({ event }) => event === 'ready'));
	const volumes = join(guest.root, 'containers/volumes');
	const stage = guest.events.find((event) => event.event === 'stage' && event.stage === 'volumes');
	t.like(stage, { state: 'done' });

	t.is(readFileSync(join(volumes, 'data/merged/file'), 'utf8'), 'hello');
	writeFileSync(join(volumes, 'data/merged/file'), 'changed');
	t.is(readFileSync(join(volumes, 'data/merged/file'), 'utf8'), 'changed');
	t.is(readFileSync(join(volumes, 'data/lower/file'), 'utf8'), 'hello');
	const top = statSync(join(volumes, 'data/merged'));
	t.deepEqual([top.uid, top.gid, top.mode & 0o7777], [101, 202, 0o750]);

	writeFileSync(join(volumes, 'blank/merged/file'), 'new');
	const types = parseMountInfo(readFileSync(`/proc/${guest.pid}/mountinfo`, 'utf8'));
	const typeOf = (path: string) => types.findLast(({ mountPoint }) => mountPoint === path)?.type;
	t.is(typeOf('/containers/volumes/blank/merged'), 'tmpfs');
	t.is(typeOf('/containers/volumes/data/merged'), 'overlay');

	t.is(readFileSync(join(volumes, 'fixed/merged/file'), 'utf8'), 'hello');
	t.throws(() => writeFileSync(join(volumes, 'fixed/merged/file'), 'x'), { code: 'EROFS' });
});
