// Connects the state machine of a service (service-state.ts) with the system: each event gives a new state and a list of
// actions, and the table says how each action is done.

import { phases } from '../contract/phases.ts';
import { identifyProcess, type ProcessIdentity } from '../process/process-identity.ts';
import { discardContainer, launchContainer, watchContainer } from './run-container.ts';
import { announceService } from './service-announcement.ts';
import { askToEnd, kill } from './service-end.ts';
import type { ServiceRecord } from './service-record.ts';
import type { ServiceAction, ServiceEvent } from './service-state.ts';
import { transition } from './service-transition.ts';
import { runInBackground, type ServiceUnit } from './service-unit.ts';

type ActionName = ServiceAction['action'];

const actionTable: {
	readonly [A in ActionName]: (unit: ServiceUnit, action: ServiceAction<A>) => void;
} = {
	launch(unit, { adopt }) {
		// An earlier attempt that hangs is not waited for.
		unit.launching?.abort();
		const launching = new AbortController();
		unit.launching = launching;
		inTurn(unit, async () => {
			const event = await unit.surroundings.starts.run(() => launchContainer(unit, adopt, launching.signal));
			if (!launching.signal.aborted) unit.dispatch(event);
		});
	},
	discard: (unit) => inTurn(unit, () => discardContainer(unit)),
	watch(unit) {
		const ended = watchContainer(unit).then((event) => {
			if (event !== null) unit.dispatch(event);
		});
		void runInBackground(unit, ended);
	},
	end: askToEnd,
	kill,
	probe: (unit, { what }) => unit.probes.run(what),
	power(unit, { power }) {
		unit.surroundings.power(power, `service ${unit.name}: ${unit.store.current().state.reason}`);
	},
	'schedule-retry'(unit, { delayMs }) {
		unit.retryTimer = setTimeout(() => unit.dispatch({ event: 'retry' }), delayMs);
	},
	'cancel-retry': (unit) => clearTimeout(unit.retryTimer),
};

/** Saves the state that follows from the event, announces a new phase and starts the actions. */
export function handleEvent(unit: ServiceUnit, event: ServiceEvent): void {
	const { context, rules, store, surroundings } = unit;
	const before = store.current();
	const nowMs = context.now();
	const { state, actions } = transition(before.state, event, nowMs, rules);
	const hasNewPhase = state.phase !== before.state.phase;
	store.save({
		state,
		process: processOf(state.pid, before),
		...(hasNewPhase ? { sinceMs: nowMs } : {}),
	});
	// A process that has ended or goes on is not killed.
	if (!phases[state.phase].isEnding) clearTimeout(unit.graceTimer);
	if (hasNewPhase) announceService(unit, before.state, state, actions);
	for (const action of actions) carryOut(unit, action);
	if (hasNewPhase) surroundings.onChange();
}

/** Works on the container after all that was begun before: its name is free only when that has ended. */
function inTurn(unit: ServiceUnit, work: () => Promise<void>): void {
	unit.containerWork = runInBackground(unit, unit.containerWork.then(work));
}

function carryOut<A extends ActionName>(unit: ServiceUnit, action: ServiceAction<A>): void {
	actionTable[action.action](unit, action);
}

function processOf(pid: number | null, { state, process }: ServiceRecord): ProcessIdentity | null {
	if (pid === null) return null;
	return pid === state.pid ? process : identifyProcess(pid);
}
