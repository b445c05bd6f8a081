// The process that a supervisor lives in, in place of PID 1: the reaper of its orphans, replaceable by itself.
// Commands come in lines on stdin: `onboot`, `stop-onboot GRACE_MS`, `start`, `stop GRACE_MS`,
// `onshutdown LIMIT_MS`, `crash`.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Reaper } from '../../init/process/reaper.ts';
import { openNative } from '../../native/open.ts';
import type { Log } from '../../supervisor/context/log.ts';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import type { GuestPaths } from '../../supervisor/contract/layout.ts';
import { createContainerRuns } from '../../supervisor/control/container-runs.ts';
import { openControlServer } from '../../supervisor/control/control-server.ts';
import { requestHandler } from '../../supervisor/control/handle-requests.ts';
import type { StartTimeouts } from '../../supervisor/service/service-unit.ts';
import { createSupervisor } from '../../supervisor/supervisor.ts';
import { cgroupRoot } from '../helpers/cgroup-root.ts';
import { findProgram } from '../helpers/program.ts';

const PR_SET_CHILD_SUBREAPER = 36;
const reapEveryMs = 5;

const [root, addon, startTimeouts] = process.argv.slice(2);
if (root === undefined || addon === undefined) throw new Error('supervisor-host.ts ROOT ADDON [TIMEOUTS]');

const native = openNative(addon);
native.prctl(PR_SET_CHILD_SUBREAPER, 1);
const reaper = new Reaper(native, parentOf);
setInterval(() => reaper.reap(), reapEveryMs).unref();

const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);
const at = (level: string) => (_: unknown, message: string) => say({ level, message });
const pastEvents: GuestEventLine[] = [];
const log: Log = {
	debug: at('debug'),
	info: at('info'),
	warn: at('warn'),
	error: at('error'),
	event(event, message) {
		pastEvents.push({ ...event, at: performance.now() / 1000, msg: message });
		say({ ...event, message });
	},
	show: (lines) => say({ level: 'show', message: lines }),
};

/** See held-programs.ts. */
const heldContainerd = join(root, 'bin/containerd');
const paths: GuestPaths = {
	containers: join(root, 'containers'),
	state: join(root, 'run/slipway'),
	controlSocket: join(root, 'control.sock'),
	runLog: join(root, 'run/log'),
	log: join(root, 'var/log'),
	cgroup: cgroupRoot,
	runc: findProgram('runc') ?? '',
	runcRoot: join(root, 'run/runc'),
	runcUsualRoot: join(root, 'run/usual-runc'),
	servicesRuncRoot: join(root, 'containerd/state/runc/services.linuxkit'),
	nft: join(root, 'nft'),
	apparmorPolicies: join(root, 'apparmor-policies'),
	apparmor: join(root, 'apparmor'),
	containerd: existsSync(heldContainerd) ? heldContainerd : (findProgram('containerd') ?? ''),
	containerdConfig: join(root, 'containerd.toml'),
	containerdFallbackConfig: join(root, 'run/containerd.toml'),
	containerdArguments: [],
	containerdSocket: join(root, 'c.sock'),
};
const supervisor = createSupervisor(
	{
		native,
		children: reaper,
		log,
		now: () => performance.timeOrigin + performance.now(),
		power: (action, reason) => say({ power: action, reason }),
	},
	paths,
	startTimeouts === undefined ? undefined : (JSON.parse(startTimeouts) as StartTimeouts),
);

const control = {
	services: () => supervisor.services(),
	pastEvents: () => pastEvents,
	replaceServices: (names: readonly string[], image: number) => supervisor.replaceServices(names, image),
	onEvent: () => () => {},
	runs: createContainerRuns(
		{ log, now: () => performance.now(), native },
		paths,
		supervisor.runNetworks,
		() => supervisor.services().map(({ name }) => name),
	),
	power: () => {},
};
openControlServer(paths.controlSocket, requestHandler(control), (error) =>
	say({ level: 'error', message: error.message }),
);

const commandsOf: Readonly<Record<string, (argument: number) => Promise<void>>> = {
	onboot: () => supervisor.runOnboot(),
	'stop-onboot': (graceMs) => supervisor.stopOnboot(graceMs),
	start: () => supervisor.startServices(),
	stop: () => supervisor.stopServices(),
	onshutdown: (timeoutMs) => supervisor.runOnshutdown(timeoutMs),
	async crash() {
		const environment = Object.entries(process.env).map(([name, value]) => `${name}=${value ?? ''}`);
		native.execve(
			process.execPath,
			[process.execPath, ...process.execArgv, ...process.argv.slice(1)],
			environment,
		);
	},
};

createInterface({ input: process.stdin }).on('line', (line) => {
	const [word = '', argument] = line.split(' ');
	const command = commandsOf[word];
	if (command === undefined) throw new Error(`no command ${word}`);
	command(Number(argument)).then(
		() => say({ done: word }),
		(error: unknown) => say({ level: 'rejected', message: String(error) }),
	);
});
say({ done: 'hello' });

function parentOf(pid: number): number | null {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
	} catch {
		return null;
	}
}
