// Files of a bundle and of the root that PID 1 reads: supervision.json, runtime.json, the stored attributes, settings of
// swap and sysctl.

import { parseStoredAttributes } from '../../../init/root/stored-attributes.ts';
import { AppletError } from '../../../pkg/applet/applet.ts';
import { parseSettings } from '../../../pkg/applet/settings-files.ts';
import { parseCondition, parseSize } from '../../../pkg/swap/conditions.ts';
import { asRuntimeConfig, programOf } from '../../../supervisor/bundle/bundle.ts';
import { ShapeError } from '../../../supervisor/contract/json-shape.ts';
import { parseSupervision, serviceRules } from '../../../supervisor/contract/supervision.ts';
import { restartDelayMs } from '../../../supervisor/process/restart-policy.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { jsonWords } from '../support/json-words.ts';
import { tryJson } from '../support/try-json.ts';

export const target: FuzzTarget = {
	seeds: [
		'{"after":["a"],"restart":{"policy":"always","delayMs":5,"burst":3,"burstWindowMs":9,"onBurst":"stop"},"stop":{"signal":"SIGTERM","timeoutMs":1}}',
		'{"ready":{"how":{"tcp":80,"host":"a"},"intervalMs":1,"timeoutMs":2,"retries":3},"health":{"how":{"exec":["a"]},"intervalMs":1,"timeoutMs":2,"retries":3},"log":{"maxBytes":1,"maxFiles":2,"driver":"tcp","address":"a:1"}}',
		'{"cgroups":["a"],"mounts":[{"destination":"/a","type":"t","source":"s","options":["o"]}],"mkdir":["/b"],"interfaces":[{"name":"n","add":"veth","peer":"p","createInRoot":true}],"bindNS":{"net":"/x"},"namespace":"n"}',
		'{"path":"a","name":"user.x","value":"YQ=="}\n',
		'# a\na.b = c\n -d = e\n; f\n',
		'10G',
	],
	words: [...jsonWords, '=', '\n', '#', 'M', '0x'],
	declares: (error) => error instanceof ShapeError || error instanceof AppletError,
	run(input) {
		const text = input.toString('utf8');
		for (const { path } of parseStoredAttributes(text))
			if (!path.startsWith('/')) throw new Violation(`the path ${path}`);
		parseSettings('f', text);
		for (const parse of [
			() => parseSize(text),
			() => parseCondition(text),
			() => checkJson(tryJson(input)),
		]) {
			try {
				parse();
			} catch (error) {
				if (!target.declares(error)) throw error;
			}
		}
	},
};

function checkJson(value: unknown): void {
	if (value === undefined) return;
	try {
		asRuntimeConfig(value, 'f');
	} catch (error) {
		if (!(error instanceof ShapeError)) throw error;
	}
	programOf((value ?? {}) as Readonly<Record<string, unknown>>);
	const { restart, stop } = serviceRules(parseSupervision(value, 'f'));
	if (!(stop.timeoutMs >= 0)) throw new Violation(`a timeout of ${stop.timeoutMs}`);
	const delayMs = restartDelayMs(5, restart);
	if (delayMs !== null && !(delayMs >= 0)) throw new Violation(`a delay of ${delayMs}`);
}
