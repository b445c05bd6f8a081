// Brings the loopback interface up. The kernel then gives it 127.0.0.1/8 and ::1 (net/ipv4/devinet.c).

import { done, type Stage } from '../stage.ts';

export const loopbackStage: Stage = {
	name: 'loopback',
	fatal: false,
	timeoutMs: 5_000,
	run({ native }) {
		native.interfaceUp('lo');
		return done('lo is up');
	},
};
