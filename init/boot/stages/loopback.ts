// The loopback interface. The kernel gives it 127.0.0.1/8 and ::1 by itself when it goes up (net/ipv4/devinet.c).

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
