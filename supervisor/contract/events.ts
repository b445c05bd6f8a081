// The events that PID 1 sends to the host, one JSON object a line, over the port named by `slipway.events=`.
//
// Each line is a pino log object of PID 1. Those with `event` are listed here and are a contract with `slipway run`. Every
// line has `at`: seconds of CLOCK_MONOTONIC, which starts with the kernel.

import type { ServicePhase } from './phases.ts';
import type { TerminalSize } from './terminal-size.ts';

export type GuestEvent =
	| { readonly event: 'init'; readonly resumed: boolean; readonly version: string }
	| {
			readonly event: 'stage';
			readonly stage: string;
			readonly state: 'done' | 'failed' | 'skipped';
			readonly durationMs: number;
			readonly reason?: string;
	  }
	| {
			readonly event: 'onboot' | 'onshutdown';
			readonly name: string;
			readonly state: 'started' | 'done' | 'failed';
			readonly durationMs?: number;
			readonly reason?: string;
			/** The last lines of its output, after a failure. */
			readonly lastLines?: readonly string[];
	  }
	| {
			readonly event: 'service';
			readonly name: string;
			readonly state: ServicePhase;
			/** It runs and its readiness probe, if it has one, has succeeded: services that come after it may start. */
			readonly ready?: true;
			readonly pid?: number;
			readonly restarts?: number;
			readonly reason?: string;
	  }
	/** A container of `service run`. */
	| {
			readonly event: 'run';
			readonly name: string;
			readonly state: 'started' | 'done' | 'failed';
			readonly image?: string;
			readonly durationMs?: number;
			readonly reason?: string;
			/** `service list --all` does not show it any longer. */
			readonly isForgotten?: boolean;
	  }
	/** Every onboot container has ended and every service runs. */
	| { readonly event: 'ready' }
	/** A shutdown has begun. It takes at most `timeoutMs`, less the time that an interrupted shutdown has used. */
	| {
			readonly event: 'shutdown';
			readonly action: 'poweroff' | 'reboot' | 'halt';
			readonly timeoutMs: number;
	  };

export type GuestEventLine = GuestEvent & { readonly at: number; readonly msg: string };

/** A command that the host writes to the same port, one JSON object a line. */
export type HostCommand =
	| { readonly command: 'poweroff' | 'reboot' }
	/** The size of the terminal that shows the console. */
	| ({ readonly command: 'resize' } & TerminalSize)
	/** Causes a crash of PID 1, for tests. Only if the kernel's command line has `slipway.faults=1`. */
	| { readonly command: 'fault'; readonly kind: 'segv' | 'abort' | 'heap' | 'throw' | 'orphans' | 'hang' };
