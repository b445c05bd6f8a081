// `slipway dashboard`: a page in the browser that shows the running systems.

import { openDashboard } from '../dashboard/dashboard-server.ts';
import { guestAccess } from '../dashboard/guest-access.ts';
import { watchMachines } from '../dashboard/machine-systems.ts';
import { readPageFile } from '../dashboard/page-files.ts';
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
	port: { value: 'PORT', default: '0', help: 'the port of the page; 0 is a free one' },
} as const satisfies OptionTable;

export const dashboardCommand: Command = {
	name: 'dashboard',
	summary: 'show running machines in the browser',
	operands: '[NAME]',
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
		const systems = watchMachines(bases, name, guestAccess);
		const dashboard = await openDashboard(systems, { token: newToken(), port, readPage: readPageFile });
		streams.out.write(`${dashboard.url}\n`);
		streams.err.write(
			'Whoever knows this address can control these machines. Ctrl-C ends the page; the machines run on.\n',
		);
		await new Promise<void>((resolve) => onEarlyEnd(() => resolve()));
		await dashboard.close();
		systems.close();
		return 0;
	},
};

function portOf(text: string): number {
	const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
	if (port <= 65535) return port;
	throw new UsageError(`--port ${text}: expected a number up to 65535.`);
}
