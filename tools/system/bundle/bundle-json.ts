// Formats `config.json`, `runtime.json`, `supervision.json` and `network.json` as Go's encoding/json does in LinuxKit: four spaces, no newline
// at the end, and escapes for characters with a meaning in HTML or JavaScript.

import type { ContainerNetwork } from '../../../supervisor/contract/container-network.ts';
import type { RuntimeConfig } from '../../../supervisor/contract/runtime-config.ts';
import type { RuntimeSpec } from '../../../supervisor/contract/runtime-spec.ts';
import type { Supervision } from '../../../supervisor/contract/supervision.ts';
import { bigNumbers } from '../../config/big-numbers.ts';

export function bundleJson(value: RuntimeSpec | RuntimeConfig | Supervision | ContainerNetwork): string {
	return JSON.stringify(value, bigNumbers, 4).replaceAll(/[<>&\u2028\u2029]/g, (letter) => {
		return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
	});
}
