// The containers of `service run`, for tests of PID 1 in which none runs.

import type { ContainerRuns } from '../../supervisor/control/container-runs.ts';
import type { RunNetworks } from '../../supervisor/network/run-networks.ts';

export const noRuns: ContainerRuns = {
	begin: async () => ({ name: 'run-1', network: null }),
	end: () => undefined,
	stop: async () => null,
};

export const noRunNetworks: RunNetworks = {
	find: () => null,
	open: () => Promise.reject(new Error('there is no network')),
	close: () => undefined,
};
