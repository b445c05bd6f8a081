import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { startPlan } from '../../../../supervisor/engine/start-plan.ts';
import { runOneShots } from '../../../../supervisor/one-shot/one-shots.ts';
import { mountConstants } from '../../../../tools/system/bundle/mount-constants.ts';
import { exited, fakeChildren } from '../../../helpers/fake-children.ts';
import { fakeLog } from '../../../helpers/fake-log.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { addBundle, scratchPaths } from '../../../helpers/scratch-paths.ts';

/** The engine refuses it, and a host would make no plan of it. */
const spec = {
	ociVersion: '1.2.1',
	process: { user: { uid: 0, gid: 0 }, args: ['/a'], env: ['HOME=/'], cwd: '/' },
	root: { path: 'rootfs' },
	linux: { namespaces: [{ type: 'mount' as const }] },
	hooks: { poststop: [{ path: '/x' }] },
};
const planned = JSON.stringify(spec);

/** Returns why the container was not started. */
async function reasonOf(config: string): Promise<string> {
	const paths = scratchPaths();
	const folder = addBundle(paths, 'onboot/000-a');
	writeFileSync(join(folder, 'supervision.json'), '{"engine":"builtin"}');
	writeFileSync(join(folder, 'config.json'), config);
	writeFileSync(join(folder, 'start.plan'), startPlan(spec, planned, folder, mountConstants, null));
	const { children } = fakeChildren(() => exited(0));
	const { log, messages } = fakeLog();
	const power = () => undefined;
	const now = () => performance.now();
	const { native } = createFakeNative();
	await runOneShots('onboot', { native, children, log, now, power }, paths, null);
	return messages[1] ?? '';
}

test('runOneShots() takes the plan of a bundle, of which nothing is looked at again', async (t) => {
	t.regex(await reasonOf(planned), /^could not be run: the built-in engine needs cgroups of version 2/);
});

test('runOneShots() looks at a bundle whose config.json is another than the plan was made of', async (t) => {
	t.regex(await reasonOf(`${planned} `), /^could not be run: the built-in engine can't do hooks\./);
});
