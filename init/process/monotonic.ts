// The clock of PID 1: CLOCK_MONOTONIC, which `process.hrtime` reads (libuv's uv_hrtime) and dmesg shows.

/** Returns the milliseconds since the kernel started. */
export function monotonicMs(): number {
	return Number(process.hrtime.bigint()) / 1e6;
}
