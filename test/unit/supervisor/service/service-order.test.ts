import test from 'ava';
import type { ServicePhase } from '../../../../supervisor/contract/phases.ts';
import { serviceRules } from '../../../../supervisor/contract/supervision.ts';
import {
	blockedBy,
	inStopOrder,
	type Ordered,
	stopTimeoutMs,
} from '../../../../supervisor/service/service-order.ts';
import { initialState } from '../../../../supervisor/service/service-state.ts';

function service(
	name: string,
	after: readonly string[],
	phase: ServicePhase = 'running',
	timeoutMs = 10,
): Ordered {
	return {
		name,
		rules: serviceRules({ after, stop: { timeoutMs } }),
		state: () => ({ ...initialState, phase }),
	};
}

test('blockedBy() names the services that are not ready, and a phase that is trouble', (t) => {
	const services = [service('a', [], 'starting'), service('b', [], 'failed'), service('c', [])];
	t.is(blockedBy([], services), null);
	t.is(blockedBy(['c'], services), null);
	t.is(blockedBy(['a', 'c'], services), 'waits for a');
	t.is(blockedBy(['a', 'b'], services), 'waits for a and b, which is failed');
	t.is(blockedBy(['nobody'], services), null, 'the build refuses it, the guest ignores it');
});

async function stopOrder(services: readonly Ordered[]): Promise<string[]> {
	const order: string[] = [];
	await inStopOrder(services, async ({ name }) => {
		order.push(`${name}…`);
		await Promise.resolve();
		order.push(name);
	});
	return order;
}

test('inStopOrder() stops a service before those that it comes after', async (t) => {
	t.deepEqual(
		await stopOrder([service('database', []), service('web', ['api']), service('api', ['database'])]),
		[...['web…', 'web', 'api…', 'api', 'database…', 'database']],
	);
});

test('inStopOrder() stops services that are not ordered concurrently', async (t) => {
	t.deepEqual(await stopOrder([service('a', []), service('b', [])]), ['a…', 'b…', 'a', 'b']);
});

test('inStopOrder() stops each service once, in a diamond and in a circle', async (t) => {
	const diamond = [service('d', ['b', 'c']), service('b', ['a']), service('c', ['a']), service('a', [])];
	t.deepEqual(await stopOrder(diamond), ['d…', 'd', 'b…', 'c…', 'b', 'c', 'a…', 'a']);
	const circle = await stopOrder([service('a', ['b']), service('b', ['a'])]);
	t.deepEqual(circle.filter((name) => !name.endsWith('…')).sort(), ['a', 'b']);
});

test('stopTimeoutMs() adds the timeouts and margins of the slowest chain', (t) => {
	t.is(stopTimeoutMs([], 1), 0);
	const chain = [
		service('a', [], 'running', 100),
		service('b', ['a'], 'running', 20),
		service('c', [], 'running', 50),
	];
	t.is(stopTimeoutMs(chain, 1), 122);
	t.true(stopTimeoutMs([service('a', ['b']), service('b', ['a'])], 1) > 0, 'a circle has an end');
});
