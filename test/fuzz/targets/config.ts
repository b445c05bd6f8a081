// A system's YAML, from the text to the bundles: schema, variables, templates, rules of trust, and the two texts that
// `metadata:` writes, which must be read back.

import { globSync, readFileSync } from 'node:fs';
import { configText } from '../../../tools/config/config-text.ts';
import { containerIds } from '../../../tools/config/container-ids.ts';
import { loadConfig } from '../../../tools/config/load-config.ts';
import type { SystemConfig } from '../../../tools/config/system-config.ts';
import { resolveTemplates } from '../../../tools/config/templates.ts';
import { withVolumeFolders } from '../../../tools/config/volumes.ts';
import { SlipwayError } from '../../../tools/errors.ts';
import { configuredRules, rulesOf, unmatchedLines } from '../../../tools/resolve/image-trust.ts';
import { imageUses } from '../../../tools/resolve/image-uses.ts';
import { containerBundle } from '../../../tools/system/bundle/bundle.ts';
import { bundleJson } from '../../../tools/system/bundle/bundle-json.ts';
import { supervisionOf } from '../../../tools/system/bundle/supervision.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { isForUser } from '../support/declared.ts';
import { yamlWords } from '../support/yaml-words.ts';

const variables = new Map([
	['A', 'value'],
	['PORT', '6379'],
]);
const sections = ['onboot', 'onshutdown', 'services'] as const;

export const target: FuzzTarget = {
	seeds: globSync('{examples,test/documents}/*.yml')
		.sort()
		.map((file) => readFileSync(file)),
	words: yamlWords,
	declares: isForUser,
	async run(input) {
		const source = { name: 'f.yml', text: input.toString('utf8') };
		const given = loadConfig([source], variables);
		const config = await resolveTemplates(given, [source], async () => 'slipway/package:v1');
		checkBundles(config);
		const rules = configuredRules(config.trust);
		const images = [...imageUses(config)].map(({ name }) => name);
		for (const image of images) rulesOf(image, rules);
		unmatchedLines(config.trust, rules, images);
		for (const format of ['json', 'yaml'] as const) checkReadBack(config, format);
	},
};

function checkBundles(config: SystemConfig): void {
	const ids = containerIds(config);
	for (const section of sections) {
		for (const [index, each] of config[section].entries()) {
			const container = withVolumeFolders(each);
			const bundle = containerBundle({
				...{
					section,
					index,
					container,
					image: {},
					architecture: 'amd64',
					ids,
					sharedImage: null,
					userBase: 655_360,
				},
			});
			JSON.parse(bundleJson(bundle.spec));
			JSON.parse(bundleJson(bundle.runtime));
			const supervision = supervisionOf(each);
			if (supervision !== null) JSON.parse(bundleJson(supervision));
			if (bundle.directory.split('/').length !== 3 || bundle.directory.includes('..')) {
				throw new Violation(`the directory ${JSON.stringify(bundle.directory)}`);
			}
		}
	}
}

function checkReadBack(config: SystemConfig, format: 'json' | 'yaml'): void {
	const text = configText(config, format);
	try {
		const again = configText(loadConfig([{ name: 'written', text }], variables), format);
		if (again !== text) throw new Violation(`the ${format} is another when it is read back`);
	} catch (error) {
		if (!(error instanceof SlipwayError)) throw error;
		throw new Violation(`our own ${format} is not read back: ${error.message.slice(0, 300)}`);
	}
}
