// `slipway inspect`: what is known of an image, of the system of a YAML file, or of a built system.

import { parse } from 'node:path';
import { jsonText } from '../../native/text/json-text.ts';
import { SlipwayError, UsageError } from '../errors.ts';
import { describeBuilt } from '../explain/describe-built.ts';
import { describeImage } from '../explain/describe-image.ts';
import { describeProgram } from '../explain/describe-program.ts';
import { describeSystem } from '../explain/describe-system.ts';
import { builtReport, imageReport, programReport, systemReport } from '../explain/inspect-report.ts';
import { removingOnSignals } from '../files/temporary-paths.ts';
import { openStoreWithPackages } from '../images/shipped-packages.ts';
import { storeFolder } from '../images/store-location.ts';
import { platformOf } from '../options/arch-option.ts';
import { planBuild } from '../options/build-plan.ts';
import { planOptions, planOptionsOf } from '../options/plan-options.ts';
import { readSystem } from '../options/read-system.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import type { OptionTable } from '../terminal/option-table.ts';

const about = `Shows what is known of an image in the local store (command, environment, labels, packages, layers), or of the system
of a YAML file: its images by digest, and what each container runs and is granted. Of a built system NAME it shows the
files, the kernel's command line and the memory that it needs; of an EFI program NAME.efi the value that register
11 of a TPM has after its boot.`;

const options = {
	json: { help: 'print one JSON object, for programs' },
	...planOptions,
} as const satisfies OptionTable;

export const inspectCommand: Command = {
	name: 'inspect',
	summary: 'show what is known of an image or a system',
	operands: 'IMAGE|FILE.yml|NAME',
	operandsComplete: 'file',
	about,
	options,
	async run(args, streams) {
		const { values, positionals } = readArguments(args, options);
		const [what, more] = positionals;
		if (what === undefined || more !== undefined)
			throw new UsageError(
				'inspect needs one image or YAML file, for example slipway/redis:v1 or redis-os.yml.',
			);
		const planning = planOptionsOf(values, [what]);
		const text = await removingOnSignals(async (temporary) => {
			const store = openStoreWithPackages(
				storeFolder(planning.cache),
				temporary,
				planning.maxUnpackedBytes,
				platformOf(planning.processor),
			);
			if (what === '-' || /\.ya?ml$/.test(what)) {
				const plan = await planBuild(await readSystem(planning), planning, store, streams);
				const system = { name: parse(what).name, ...describeSystem(plan) };
				return values.json ? jsonText(system) : systemReport(system.name, system);
			}
			const program = await describeProgram(what);
			if (program !== null) return values.json ? jsonText(program) : programReport(program);
			const built = describeBuilt(what);
			if (built !== null) return values.json ? jsonText(built) : builtReport(built);
			const image = await store.find(what);
			if (image === null) throw notThere(what);
			return values.json ? jsonText(describeImage(image)) : imageReport(describeImage(image));
		});
		streams.out.write(text);
		return 0;
	},
};

function notThere(image: string): SlipwayError {
	return new SlipwayError(
		'NO_IMAGE',
		`The store has no image ${image} for this platform. "slipway cache ls" lists its images; "slipway cache pull ${image}" fetches it. ` +
			'A system is named by its YAML file, a built one by the path of its files without their endings.',
	);
}
