// Milliseconds of CLOCK_MONOTONIC, that is since the kernel started: what `process.hrtime` reads (libuv's
// uv_hrtime), and what dmesg shows.

export function monotonicMs(): number {
	return Number(process.hrtime.bigint()) / 1e6;
}
