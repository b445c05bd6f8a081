import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { BootState } from '../../../../init/process/boot-state.ts';
import type { PowerAction } from '../../../../init/process/power-action.ts';
import { PowerControl } from '../../../../init/shutdown/power-control.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { fakeLog } from '../../../helpers/fake-log.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

interface Control {
	readonly power: PowerControl;
	readonly state: BootState;
	readonly lines: readonly string[];
	/** The actions of the shutdowns that began. */
	readonly begun: readonly PowerAction[];
}

function createControl(t: ExecutionContext, end: () => Promise<void>): Control {
	const state = new BootState(join(scratchFolder(t), 'state.json'));
	const begun: PowerAction[] = [];
	const { log, lines } = fakeLog();
	const power = new PowerControl(state, log, (action) => {
		state.shutdown = action;
		begun.push(action);
		return end();
	});
	return { power, state, lines, begun };
}

test('PowerControl.request() begins one shutdown and refuses a second request', (t) => {
	const { power, lines, begun } = createControl(t, () => new Promise(() => undefined));
	t.false(power.isEnding());
	power.request('reboot', 'SIGTERM');
	t.true(power.isEnding());
	power.request('poweroff', 'service');
	t.deepEqual(begun, ['reboot']);
	t.deepEqual(lines, ['info reboot by SIGTERM', 'info poweroff by service: a reboot is under way already']);
});

test('PowerControl.request() begins again after a shutdown that failed', async (t) => {
	const { power, state, lines, begun } = createControl(t, () => Promise.reject(new Error('EPERM')));
	state.shutdownProgress = { stepsDone: ['services'], endsAtMs: 1000 };
	power.request('halt', 'the host');
	await eventually(() => !power.isEnding(), { pauseMs: 1 });
	t.true(state.shutdownProgress === null);
	t.is(lines.at(-1), 'error the halt failed: EPERM');
	power.request('reboot', 'the host');
	t.deepEqual(begun, ['halt', 'reboot']);
});

test('PowerControl.resume() goes on with the shutdown of the boot state, and only with that', (t) => {
	const { power, state, begun } = createControl(t, () => new Promise(() => undefined));
	power.resume();
	t.deepEqual(begun, []);
	state.shutdown = 'poweroff';
	power.resume();
	t.deepEqual(begun, ['poweroff']);
});

test('PowerControl.resume() begins no second shutdown after a request in the pause that follows crashes', (t) => {
	const { power, begun } = createControl(t, () => new Promise(() => undefined));
	power.request('reboot', 'SIGTERM');
	power.resume();
	t.deepEqual(begun, ['reboot']);
});
