// A service as the control socket handles it. `supervisor/service/service.ts` implements it.

import type { ServiceProcess, ServiceStatus } from '../contract/protocol.ts';

/** A service as somebody at the machine handles it. */
export interface ControlledService {
	readonly name: string;
	status(): ServiceStatus;
	/** Null when it has none; throws where its bundle can't be read. */
	process(): ServiceProcess | null;
	/** Resolves once it runs, waits for another or has failed. */
	start(): Promise<void>;
	/** It is not started again until somebody does; what it has written stays. Bounded. */
	stop(): Promise<void>;
	restart(): Promise<void>;
	/** False when it has no process. */
	signal(signal: NodeJS.Signals): boolean;
}
