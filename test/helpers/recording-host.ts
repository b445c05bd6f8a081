// A host for applets that keeps their output and warnings for a test.

import type { AppletHost } from '../../pkg/applet/applet.ts';
import { createFakeNative, type FakeNative } from './fake-native.ts';

export interface RecordingHost {
	readonly host: AppletHost;
	readonly printed: readonly string[];
	readonly warned: readonly string[];
}

export function recordingHost({ native }: Pick<FakeNative, 'native'> = createFakeNative()): RecordingHost {
	const printed: string[] = [];
	const warned: string[] = [];
	const host: AppletHost = {
		native: () => native,
		print: (line) => void printed.push(line),
		warn: (line) => void warned.push(line),
	};
	return { host, printed, warned };
}
