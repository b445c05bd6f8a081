// The types of values without quotes, as LinuxKit's YAML reader (go-yaml v3) has them: YAML 1.2 with the octal numbers of
// 1.1. `0644` and `0o644` are numbers; `yes`, `on`, `22:22` and a date are texts.

import type { ScalarTag } from 'yaml';

/** Marks a number with a fraction or an exponent: `1.0` is not a valid user. */
export const fractionFormat = 'FRACTION';

const nothing: ScalarTag = {
	tag: 'tag:yaml.org,2002:null',
	default: true,
	test: /^(?:~|null|Null|NULL)?$/,
	resolve: () => null,
};

const boolean: ScalarTag = {
	tag: 'tag:yaml.org,2002:bool',
	default: true,
	test: /^(?:true|True|TRUE|false|False|FALSE)$/,
	resolve: (text) => /^t/i.test(text),
};

/** Ignores underscores. An integer of more than 64 bits is a fraction (`hasInteger`). */
const integerForm =
	/^(?<sign>[-+]?)(?:0[oO]?(?<octal>[0-7]+)|(?<prefixed>0[xX][0-9a-fA-F]+|0[bB][01]+)|(?<digits>0|[1-9][0-9]*))$/;

const integer: ScalarTag = {
	tag: 'tag:yaml.org,2002:int',
	default: true,
	test: tester(hasInteger),
	resolve: (text) => {
		const value = integerOf(text) ?? 0n;
		const number = Number(value);
		return Number.isSafeInteger(number) ? number : value;
	},
};

const fraction: ScalarTag = {
	tag: 'tag:yaml.org,2002:float',
	default: true,
	format: fractionFormat,
	test: tester((text) => {
		if (/^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/.test(text)) return true;
		const plain = withoutUnderscores(text);
		return /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(plain) && Number.isFinite(Number(plain));
	}),
	resolve: (text) => {
		if (/nan$/i.test(text)) return Number.NaN;
		if (/inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
		return Number(withoutUnderscores(text));
	},
};

const merge: ScalarTag = {
	tag: 'tag:yaml.org,2002:merge',
	default: true,
	test: /^<<$/,
	resolve: (text) => text,
};

const text: ScalarTag = { tag: 'tag:yaml.org,2002:str', resolve: (written) => written };

/** Reads `!!binary`, a text in base64. */
const binary: ScalarTag = {
	tag: 'tag:yaml.org,2002:binary',
	resolve: (written) => Buffer.from(written, 'base64').toString('utf8'),
};

/** The order in which the tags are tried. An explicit tag such as `!!str` chooses one by name. */
export const scalarTags: readonly ScalarTag[] = [nothing, boolean, integer, fraction, merge, text, binary];

function integerOf(written: string): bigint | null {
	const { sign, octal, prefixed, digits } = integerForm.exec(withoutUnderscores(written))?.groups ?? {};
	const size = octal === undefined ? (prefixed ?? digits) : `0o${octal.replace(/^0+(?=.)/, '')}`;
	// No integer of 64 bits is as long, and reading a million digits takes long.
	if (size === undefined || size.length > 100) return null;
	return sign === '-' ? -BigInt(size) : BigInt(size);
}

function hasInteger(written: string): boolean {
	const value = integerOf(written);
	return value !== null && value >= -(2n ** 63n) && value < 2n ** 64n;
}

/** Underscores count only inside a number: `_1` is a text. */
function withoutUnderscores(written: string): string {
	return /^[-+0-9]/.test(written) ? written.replaceAll('_', '') : written;
}

/** The library calls `test` of a RegExp; these rules need more than a pattern. */
function tester(rule: (text: string) => boolean): RegExp {
	return Object.assign(/(?:)/, { test: rule });
}
