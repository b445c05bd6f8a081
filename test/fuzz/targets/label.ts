// The labels of an image that give its container settings, and what of them is told as a privilege.

import {
	appletsLabel,
	configLabel,
	debianLabel,
	softwareLabel,
} from '../../../supervisor/contract/labels.ts';
import { softwareOf } from '../../../tools/sbom/software.ts';
import { containerBundle } from '../../../tools/system/bundle/bundle.ts';
import { bundleJson } from '../../../tools/system/bundle/bundle-json.ts';
import { labelSettings, withDefaults } from '../../../tools/system/bundle/image-label.ts';
import { privilegesOf } from '../../../tools/system/bundle/privileges.ts';
import { parseStopSignal } from '../../../tools/system/bundle/stop-signal.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { isForUser } from '../support/declared.ts';
import { yamlWords } from '../support/yaml-words.ts';

const at = { file: 'f.yml', line: 1, column: 1 };

export const target: FuzzTarget = {
	seeds: [
		'{"capabilities":["CAP_SYS_ADMIN"],"binds":["/a:/b"],"net":"host"}',
		'runtime: {mkdir: [/a], bindNS: {net: /x}, interfaces: [{name: a, add: veth, peer: b}]}',
		'resources: {memory: {limit: 1}, cpu: {shares: 2}, pids: {limit: 9}}',
		'mounts: [{destination: /a, type: tmpfs, source: x, options: [ro]}]\ntmpfs: [/run]\nrlimits: ["nofile,1,2"]',
		'seccomp: {defaultAction: SCMP_ACT_ERRNO, syscalls: [{names: [read], action: SCMP_ACT_ALLOW, args: [{index: 0, value: 1, op: SCMP_CMP_EQ}]}]}',
		'devices: [{path: /dev/a, type: c, major: 1, minor: 2, mode: rw}]\nmaskedPaths: [/a]\nreadonlyPaths: []\nsysctl: {a.b: c}',
		'["/sbin/a"]',
		'[{"name":"a","version":"1","architecture":"amd64","sha256":"00","purl":"pkg:x"}]',
	],
	words: yamlWords,
	declares: isForUser,
	run(input) {
		const text = input.toString('utf8');
		parseStopSignal(text);
		softwareOf({ Labels: { [debianLabel]: text, [softwareLabel]: text } });
		const container = { name: 'x', image: 'i', at } as const;
		const settings = withDefaults(container, labelSettings({ [configLabel]: text }, 'i'));
		for (const privilege of privilegesOf(settings)) {
			if (typeof privilege.text !== 'string') throw new Violation('a privilege without a text');
		}
		const bundle = containerBundle({
			...{
				section: 'services',
				index: 0,
				container,
				architecture: 'amd64',
				ids: new Map(),
				sharedImage: null,
				userBase: 655_360,
			},
			image: { Labels: { [configLabel]: text, [appletsLabel]: '["/sbin/a"]' } },
		});
		JSON.parse(bundleJson(bundle.spec));
		containerBundle({
			...{
				section: 'onboot',
				index: 0,
				container,
				architecture: 'amd64',
				ids: new Map(),
				sharedImage: null,
				userBase: 655_360,
			},
			image: { Labels: { [appletsLabel]: text } },
		});
	},
};
