// `slipway dashboard`: a page in the browser that shows the running systems.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printable } from '../../native/text/printable.ts';
import { sshArguments } from '../control/ssh-service.ts';
import { openDashboard } from '../dashboard/dashboard-server.ts';
import { guestAccess, sshAccess } from '../dashboard/guest-access.ts';
import { watchMachines } from '../dashboard/machine-systems.ts';
import { readPageFile } from '../dashboard/page-files.ts';
import { watchRemote } from '../dashboard/remote-system.ts';
import { newToken } from '../dashboard/request-guard.ts';
import { UsageError } from '../errors.ts';
import { onEarlyEnd } from '../files/early-end.ts';
import { machineBases } from '../machine/machine-directories.ts';
import { findMachine } from '../machine/machine-state.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';

const about = `Serves a page for a browser on this machine that shows the machines that run, or with NAME that one: the boot as a
chart that grows while it happens, the services with their states, restarts, memory and processor time, logs that
follow, and the console. Its buttons restart and stop services, reboot and power off.`;

const notes = `The page is served on 127.0.0.1 and needs nothing from the internet. Its address has a secret in it: whoever knows it
can do all that the page can. The command runs until it is ended, such as by Ctrl-C; the machines run on.`;

const options = {
	host: {
		short: 'H',
		value: 'ssh://USER@ADDRESS',
		isRepeatable: true,
		help: 'also a machine elsewhere, by the program ssh, which asks for nothing',
	},
	port: { value: 'PORT', default: '0', help: 'the port of the page; 0 is a free one' },
} as const satisfies OptionTable;

export const dashboardCommand: Command = {
	name: 'dashboard',
	summary: 'show running machines in the browser',
	operands: '[NAME]',
	operandsComplete: 'running-machine',
	about,
	options,
	notes,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options);
		const [name = null, more] = positionals;
		if (more !== undefined) throw new UsageError(`dashboard takes one NAME: ${more} is too much.`);
		const port = portOf(values.port);
		const bases = machineBases();
		if (name !== null) findMachine(bases, name);
		for (const host of values.host) sshArguments(host);
		const ended = new Promise<void>((resolve) => onEarlyEnd(() => resolve()));
		const folder = mkdtempSync(join(tmpdir(), 'slipway-ssh-'));
		const report = (text: string): void => void streams.err.write(`slipway: ${printable(text)}\n`);
		const machines = watchMachines(bases, name, guestAccess);
		const remotes = [...new Set(values.host)].map((host, number) =>
			watchRemote(host, sshAccess(host, folder, number), report),
		);
		try {
			const systems = { emitter: machines.emitter, list: () => [...machines.list(), ...remotes] };
			const dashboard = await openDashboard(systems, { token: newToken(), port, readPage: readPageFile });
			streams.out.write(`${dashboard.url}\n`);
			streams.err.write(
				'Whoever knows this address can control these machines. Ctrl-C ends the page; the machines run on.\n',
			);
			await ended;
			await dashboard.close();
			return 0;
		} finally {
			for (const each of [machines, ...remotes]) each.close();
			rmSync(folder, { recursive: true, force: true });
		}
	},
};

function portOf(text: string): number {
	const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
	if (port <= 65535) return port;
	throw new UsageError(`--port ${text}: expected a number up to 65535.`);
}
