// How many files of boot tests run at once. The machine of a boot test has one virtual processor, which is one busy thread of QEMU.

/** What one file's machines have at most, together. `documents` and `examples` need it, for Docker. */
export const mostMemoryMegabytes = 2048;

/** For the machine of arm64.test.ts, which runs beside them, and for what builds and boots systems. */
const restMegabytes = 2048;

/** Two at most: more were not tried. A machine has its memory only when it touches it, so a sum that fits is on the safe side. */
export function bootsAtOnce(processors: number, memoryMegabytes: number): number {
	const fitting = Math.floor((memoryMegabytes - restMegabytes) / mostMemoryMegabytes);
	return Math.max(1, Math.min(2, processors, fitting));
}
