import test, { type ExecutionContext } from 'ava';
import type { GuestEvent } from '../../../../supervisor/contract/events.ts';
import { type RemoteAccess, watchRemote } from '../../../../tools/dashboard/remote-system.ts';
import { serviceRows } from '../../../../tools/dashboard/system-model.ts';
import { eventually } from '../../../helpers/eventually.ts';

function line(at: number, event: GuestEvent): string {
	return `${JSON.stringify({ ...event, at, msg: '' })}\n`;
}

const boot = line(1, { event: 'init', resumed: false, version: '1' });
const runs = line(2, { event: 'service', name: 'web', state: 'running', ready: true });

/** A machine whose connections a test opens and closes. */
function remoteMachine(t: ExecutionContext) {
	const connections: { send(text: string): void; end(exitCode: number | Error): void }[] = [];
	const asked: string[] = [];
	const reports: string[] = [];
	const access: RemoteAccess = {
		async service(args, output, signal) {
			asked.push(args.join(' '));
			if (args[0] !== 'events') return 0;
			const { promise, resolve, reject } = Promise.withResolvers<number>();
			signal.addEventListener('abort', () => resolve(1));
			connections.push({
				send: (text) => void output(Buffer.from(text)),
				end: (how) => (typeof how === 'number' ? resolve(how) : reject(how)),
			});
			return await promise;
		},
		uptimeSeconds: async () => 1000,
	};
	const system = watchRemote('ssh://there', access, (text) => reports.push(text), 1);
	t.teardown(() => system.close());
	return { system, connections, asked, reports };
}

test('watchRemote() follows the events of a machine, and knows how long it has run', async (t) => {
	const { system, connections } = remoteMachine(t);
	t.deepEqual([system.isUp, system.absence], [false, 'not reached'], 'it has not answered yet');
	connections[0]?.send(boot + runs.slice(0, 20));
	connections[0]?.send(runs.slice(20));
	t.true(system.isUp);
	t.deepEqual(
		serviceRows(system.events).map(({ name, ready }) => [name, ready]),
		[['web', true]],
	);
	await eventually(() => Math.abs(Date.now() - 1_000_000 - system.bootedAtMs) < 60_000, { pauseMs: 5 });
	t.regex(system.consoleTail().toString(), /^The console of a machine elsewhere is not shown here/);
});

test('watchRemote() connects again, begins anew, and reports each reason once', async (t) => {
	const { system, connections, reports } = remoteMachine(t);
	connections[0]?.send(boot + runs);
	connections[0]?.end(new Error('ssh://there was not reached by ssh.'));
	await eventually(() => connections.length === 2, { pauseMs: 5 });
	t.false(system.isUp);
	connections[1]?.end(new Error('ssh://there was not reached by ssh.'));
	await eventually(() => connections.length === 3, { pauseMs: 5 });
	connections[2]?.send('sh: service: not found\n');
	connections[2]?.end(127);
	await eventually(() => connections.length === 4, { pauseMs: 5 });
	t.deepEqual(reports, [
		'ssh://there: ssh://there was not reached by ssh. It is tried again.',
		'ssh://there: sh: service: not found. It is tried again.',
	]);
	connections[3]?.send(boot);
	t.true(system.isUp);
	t.is(system.events.length, 1);
});

test('watchRemote() passes actions on by "service", and a closed one asks for nothing more', async (t) => {
	const { system, asked, connections } = remoteMachine(t);
	system.power('reboot');
	system.type(Buffer.from('x'));
	t.deepEqual(asked, ['events -f --json', 'shutdown reboot']);
	system.close();
	connections[0]?.end(1);
	await new Promise((resolve) => setImmediate(resolve));
	t.is(connections.length, 1);
});
