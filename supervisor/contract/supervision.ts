// How a container is supervised: `supervision.json` beside its `config.json`, written by `slipway build` where the YAML
// says something about it. LinuxKit's own bundles have none, and each key may be absent: the defaults are the guest's.
//
// All times are milliseconds.

export interface Supervision {
	/** Of a service: the names of services that are ready before it starts. */
	readonly after?: readonly string[];
	readonly restart?: Partial<RestartRules>;
	readonly ready?: Probe;
	/** Asked once the service is ready; failing it is a failure of the service. */
	readonly health?: Probe;
	readonly stop?: Partial<StopRules>;
	readonly log?: LogRules;
	/** Of an onboot container: what follows when it fails. */
	readonly onFailure?: 'continue' | 'reboot' | 'poweroff' | 'halt';
	/** Of an onboot or onshutdown container: after it, it is killed and has failed. */
	readonly timeoutMs?: number;
}

export interface RestartRules {
	readonly policy: 'always' | 'on-failure' | 'no';
	/** The first pause; each is twice the one before. */
	readonly delayMs: number;
	readonly maxDelayMs: number;
	/** More ends than this within `burstWindowMs` are too many. */
	readonly burst: number;
	readonly burstWindowMs: number;
	/** What follows when they are. */
	readonly onBurst: 'stop' | 'reboot' | 'poweroff';
}

export interface StopRules {
	/** `SIGTERM`, … (signal(7)). */
	readonly signal: string;
	/** From the signal to SIGKILL. */
	readonly timeoutMs: number;
}

/** How to ask a service whether it works. */
export interface Probe {
	readonly how: ProbeKind;
	/** From one question to the next. */
	readonly intervalMs: number;
	/** For an answer. */
	readonly timeoutMs: number;
	/** Failures in a row that count as one; of `ready`, after so many the service has failed to start. */
	readonly retries: number;
}

export type ProbeKind =
	/** A connection to this port, in the network namespace of the container, succeeds. */
	| { readonly tcp: number; readonly host?: string }
	/** A GET of this URL, in the network namespace of the container, is answered by 200 to 399. */
	| { readonly http: string }
	/** This program, run in the container, exits 0. */
	| { readonly exec: readonly string[] }
	/** This path is there, as the container sees it. */
	| { readonly file: string }
	/** The service says so itself (sd_notify(3)); as `health`, it sends WATCHDOG=1 within each interval. */
	| { readonly notify: true };

/** Where the lines of a service go besides its log file, and how much of them is kept. */
export interface LogRules {
	/** Of one file; the log is rotated when it is full. */
	readonly maxBytes?: number;
	/** The one that is written to and the older ones. */
	readonly maxFiles?: number;
	readonly driver?: 'console' | 'tcp' | 'syslog';
	/** HOST:PORT of the receiver; of syslog also `udp://HOST:PORT`. */
	readonly address?: string;
}
