// What PID 1 tells the outside, one JSON object a line, over the port named by `slipway.events=`.
//
// Each line is a pino log object of PID 1; those that carry `event` are listed here and are a contract
// with `slipway run`. `at` is in every line: seconds of CLOCK_MONOTONIC, that is since the kernel started.

import type { ServicePhase } from './phases.ts';

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
			/** Of its output, where it failed. */
			readonly lastLines?: readonly string[];
	  }
	| {
			readonly event: 'service';
			readonly name: string;
			readonly state: ServicePhase;
			/** It runs and, where it can be asked, says that it works: services that come after it may start. */
			readonly ready?: true;
			readonly pid?: number;
			readonly restarts?: number;
			readonly reason?: string;
	  }
	/** Every onboot container has ended and every service runs. */
	| { readonly event: 'ready' }
	/** A shutdown has begun; it takes `limitMs` at most, what an interrupted one has used up not taken off. */
	| {
			readonly event: 'shutdown';
			readonly action: 'poweroff' | 'reboot' | 'halt';
			readonly limitMs: number;
	  };

export type GuestEventLine = GuestEvent & { readonly at: number; readonly msg: string };

/** What the host may write to the same port, one JSON object a line. */
export type HostCommand =
	| { readonly command: 'poweroff' | 'reboot' }
	/** Only where the kernel's command line has `slipway.faults=1`: provokes a crash of PID 1, for tests. */
	| { readonly command: 'fault'; readonly kind: 'segv' | 'abort' | 'heap' | 'throw' | 'orphans' | 'hang' };
