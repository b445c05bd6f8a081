// Sets the system clock from the hardware clock, unless the kernel has done it (CONFIG_RTC_HCTOSYS).

import { closeSync, openSync } from 'node:fs';
import { readTextOrEmpty } from '../../../native/linux/read-text.ts';
import { done, type Stage, skipped } from '../stage.ts';

export const clockStage: Stage = {
	name: 'clock',
	fatal: false,
	timeoutMs: 5_000,
	run({ native }) {
		if (readTextOrEmpty('/sys/class/rtc/rtc0/hctosys').trim() === '1')
			return skipped('the kernel has set it');
		const fd = openIfThere('/dev/rtc0');
		if (fd === null) return skipped('no hardware clock');
		try {
			// The hardware clock has UTC, as with LinuxKit's `hwclock --hctosys --utc`.
			const seconds = native.readRtcSeconds(fd);
			native.setRealtimeClock(seconds);
			return done(`set to ${new Date(seconds * 1000).toISOString()}`);
		} finally {
			closeSync(fd);
		}
	},
};

function openIfThere(path: string): number | null {
	try {
		return openSync(path, 'r');
	} catch {
		return null;
	}
}
