// The table of the init image's programs, by the name that they are called by. Each is loaded only when it is called.

import type { Applet } from '../../pkg/applet/applet.ts';
import type { PowerAction } from '../process/power-action.ts';

export const programs: ReadonlyMap<string, () => Promise<Applet>> = new Map<string, () => Promise<Applet>>([
	['poweroff', () => power('poweroff')],
	['reboot', () => power('reboot')],
	['halt', () => power('halt')],
	['modprobe', modprobeProgram],
	['service', serviceProgram],
	['channel', channelProgram],
	['orphans', orphansProgram],
]);

async function modprobeProgram(): Promise<Applet> {
	const { modprobe } = await import('./modprobe.ts');
	return (args, { native }) => modprobe(native(), args);
}

async function serviceProgram(): Promise<Applet> {
	const { serviceCommand } = await import('../../supervisor/cli/service-command.ts');
	const { wantsColour } = await import('../../native/text/colour.ts');
	const { guestPaths, initPaths } = await import('../../supervisor/contract/layout.ts');
	const { monotonicMs } = await import('../process/monotonic.ts');
	const readKeys = async (): Promise<void> => {
		const { quitOnKey } = await import('../../native/linux/quit-key.ts');
		quitOnKey(process.stdin);
	};
	return (args, { native }) =>
		serviceCommand(args, guestPaths.controlSocket, {
			out: process.stdout,
			err: process.stderr,
			nowSeconds: () => monotonicMs() / 1000,
			openNative: native,
			endOnKey: () => void readKeys(),
			// A serial line that does not know its size says 0.
			columns: process.stdout.isTTY ? process.stdout.columns || undefined : undefined,
			rows: process.stdout.isTTY ? process.stdout.rows || undefined : undefined,
			isTerminal: process.stdout.isTTY === true,
			wantsColour: wantsColour(process.env, process.stdout.isTTY === true),
			paths: guestPaths,
			logPlaces: { runLog: guestPaths.runLog, initLog: initPaths.log },
		});
}

async function channelProgram(): Promise<Applet> {
	const { runChannel } = await import('./channel.ts');
	return (_, { native }) => runChannel(native());
}

async function orphansProgram(): Promise<Applet> {
	const { makeOrphans } = await import('./orphans.ts');
	return (_, { native }) => makeOrphans(native());
}

async function power(action: PowerAction): Promise<Applet> {
	const { requestPowerAction } = await import('./power.ts');
	return () => requestPowerAction(action);
}
