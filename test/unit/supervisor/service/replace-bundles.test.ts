import { join } from 'node:path';
import test from 'ava';
import type { ServicePhase } from '../../../../supervisor/contract/phases.ts';
import { type ReplaceableService, replaceBundles } from '../../../../supervisor/service/replace-bundles.ts';
import type { Service } from '../../../../supervisor/service/service.ts';
import { initialState } from '../../../../supervisor/service/service-state.ts';
import { scratchPaths } from '../../../helpers/scratch-paths.ts';

test('replaceBundles() leaves a service that does not end what it has, and has it start once it ends', async (t) => {
	const calls: string[] = [];
	const note = (call: string) => calls.push(call);
	const service = (name: string, phase: ServicePhase): ReplaceableService => ({
		name,
		state: () => ({ ...initialState, phase }),
		stop: async () => void note(`${name} stop`),
		start: async () => void note(`${name} start`),
		finish: async () => void note(`${name} finish`),
		noteReplacing: (replacing) => void note(`${name} ${replacing ? 'is replaced' : 'stays'}`),
	});
	const paths = scratchPaths();
	const folder = join(paths.containers, 'services');
	const replacement = {
		check: (path: string) => void note(`check ${path.slice(folder.length + 1)}`),
		place: (path: string) => void note(`place ${path.slice(folder.length + 1)}`),
		close: () => void note('close'),
	};
	const replaced = await replaceBundles(
		[service('stuck', 'stopping'), service('app', 'stopped')],
		replacement,
		paths,
		(path) => ({ name: `new ${path.slice(folder.length + 1)}` }) as Service,
	);
	t.deepEqual(replaced.failures, ['stuck: it does not end, and starts again when it has ended']);
	t.deepEqual(
		replaced.fresh.map(({ name }) => name),
		['new app'],
	);
	const of = (name: string) => calls.filter((call) => call.includes(name));
	t.deepEqual(of('stuck'), ['check stuck', 'stuck is replaced', 'stuck stop', 'stuck start', 'stuck stays']);
	t.deepEqual(of('app'), ['check app', 'app is replaced', 'app stop', 'app finish', 'place app']);
	t.is(calls.at(-1), 'close');
});
