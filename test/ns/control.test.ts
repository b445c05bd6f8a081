// `service` and the control socket of the real PID 1, from outside of its namespaces: the socket is reached through
// /proc/PID/root.

import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { serviceCommand } from '../../supervisor/cli/service-command.ts';
import { guestPaths } from '../../supervisor/contract/layout.ts';
import { eventually } from '../helpers/eventually.ts';
import { buildInitOnce, startGuest } from './guest-init.ts';

test.before(buildInitOnce);

test('PID 1 answers through the control socket, also after garbage and after a crash of its own', async (t) => {
	const guest = await startGuest();
	t.teardown(() => guest.stop());
	await guest.waitFor('readiness', () => guest.events.some(({ event }) => event === 'ready'));
	const socket = join(guest.root, 'run/slipway/control.sock');
	t.is(statSync(socket).mode & 0o777, 0o600);
	const service = async (...args: readonly string[]) => {
		let out = '';
		const streams = {
			out: { write: (text: string) => (out += text) },
			err: { write: (text: string) => (out += text) },
			nowSeconds: () => 0,
			paths: guestPaths,
			logPlaces: { runLog: '/nowhere', initLog: '/nowhere' },
			openNative: () => t.fail() as never,
		};
		return { exitCode: await serviceCommand(args, socket, streams), out };
	};
	t.regex((await service('list')).out, /^NAME +STATE/);
	t.regex((await service('boot')).out, /^\* +root +\d/m);

	const garbage = connect(socket);
	garbage.on('error', () => undefined);
	garbage.write(Buffer.alloc(200_000, 0x80));
	garbage.end('{"command":"power","action":"power');
	t.is((await service('list')).exitCode, 0);
	garbage.destroy();

	guest.command({ command: 'fault', kind: 'segv' });
	await guest.waitFor('the next life', () =>
		guest.events.some((event) => event.event === 'init' && event.resumed),
	);
	await guest.waitFor('readiness again', () => guest.console().includes('resumed'));
	const answered = await eventually(async () => {
		const result = await service('boot');
		return result.exitCode === 0 && result;
	});
	t.regex(answered.out, /Ready \d/, 'events from before the crash are still known');
	t.is((await service('shutdown', 'poweroff')).exitCode, 0);
	t.is(await guest.ended, 'SIGINT');
});
