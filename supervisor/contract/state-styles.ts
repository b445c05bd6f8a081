// The colours by which the states of services and of containers that run once are told apart. Pure.

import type { Style } from '../../native/text/colour.ts';
import { isServicePhase, phases } from './phases.ts';

/** @param state - a phase of a service, or the state of a container that runs once; null for any other word */
export function stateStyle(state: string): Style | null {
	if (state === 'done') return 'dim';
	if (state === 'started') return 'busy';
	if (!isServicePhase(state)) return null;
	const { isUp, isFailure, isFinal } = phases[state];
	if (isFailure || state === 'unhealthy') return 'bad';
	if (isUp) return 'good';
	return isFinal ? 'dim' : 'busy';
}
