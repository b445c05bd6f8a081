import test from 'ava';
import { NetworkError } from '../../../../supervisor/network/container-network.ts';
import { createNetworkRules } from '../../../../supervisor/network/network-rules.ts';
import { eventually } from '../../../helpers/eventually.ts';

/** Rules that are loaded, or not, when the test says so. */
function rules() {
	const loads: PromiseWithResolvers<void>[] = [];
	const reported: string[] = [];
	const made = createNetworkRules(
		async () => {
			const load = Promise.withResolvers<void>();
			loads.push(load);
			await load.promise;
		},
		(error) => reported.push(error.message),
	);
	return { ...made, loads, reported };
}

const refused = new Error('nft refuses it');

test('require() throws what has kept the rules from being loaded, once tried again', async (t) => {
	const { load, require, loads, reported } = rules();
	const loading = load();
	loads[0]?.reject(refused);
	await loading;
	const required = require();
	loads[1]?.reject(refused);
	await t.throwsAsync(required, {
		instanceOf: NetworkError,
		message: 'could not load the rules of its networks: nft refuses it',
	});
	t.is(reported.length, 2);
});

test('require() shares one attempt among services, and has none more when it succeeded', async (t) => {
	const { load, require, loads } = rules();
	const loading = load();
	loads[0]?.reject(refused);
	await loading;
	const required = [require(), require(), require()];
	loads[1]?.resolve();
	await Promise.all(required);
	await require();
	t.is(loads.length, 2);
});

test('load() after a load that runs loads again, because the bundles may be others', async (t) => {
	const { load, loads } = rules();
	const both = [load(), load()];
	loads[0]?.resolve();
	await both[0];
	await eventually(() => loads.length === 2, { pauseMs: 1 });
	loads[1]?.resolve();
	await both[1];
	t.is(loads.length, 2);
});

test('renew() loads the rules once, and throws when they are not in force', async (t) => {
	const { renew, loads, reported } = rules();
	const [first, second] = [renew(), renew()];
	loads[0]?.resolve();
	await first;
	await eventually(() => loads.length === 2, { pauseMs: 1 });
	loads[1]?.reject(refused);
	await t.throwsAsync(second, { instanceOf: NetworkError });
	t.is(reported.length, 1);
});
